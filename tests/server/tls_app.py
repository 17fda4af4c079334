"""An echo over TLS, with a short deadline:  tls_app.py PORT EXPECTED_IMPL FOLDER"""

import sys

from application import serve
from microdot import Microdot, Request
from microdot.websocket import WebSocket, with_websocket

app = Microdot()
Request.max_body_length = 0
WebSocket.max_message_length = 1 << 16
WebSocket.handshake_timeout = 0.3


@app.route('/echo')
@with_websocket
async def echo(request, ws):
    while True:
        await ws.send(await ws.receive())


def tls_context(folder):
    """Of the certificate in that folder: see test_tls.py."""
    if sys.implementation.name == 'cpython':
        import ssl

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder + '/server.pem')
        return context
    import tls

    context = tls.SSLContext(tls.PROTOCOL_TLS_SERVER)
    with open(folder + '/certificate.der', 'rb') as c, open(folder + '/key.der', 'rb') as k:
        context.load_cert_chain(c.read(), k.read())
    return context


serve(app, ssl=tls_context(sys.argv[3]))
