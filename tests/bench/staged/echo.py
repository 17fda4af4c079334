"""The echo server that is measured, and nothing else:  echo.py PORT"""

import sys

from microdot import Microdot, Request
from microdot.websocket import with_websocket

app = Microdot()
Request.max_body_length = 1 << 24  # of a message too


@app.route('/echo')
@with_websocket
async def echo(request, ws):
    while True:
        await ws.send(await ws.receive())


def main():
    app.run(host='127.0.0.1', port=int(sys.argv[1]))


if __name__ == '__main__':
    main()
