"""A board with a natmod that it cannot use:  wrong_natmod.py REASON

From a board's prompt:  import wrong_natmod; wrong_natmod.main(REASON)
Fails unless the package warns once, for a reason that begins with this one, and the server works
all the same, with the Python codec.
"""

import builtins
import sys


def import_codec():
    """codec.py, and what it printed when it was imported."""
    printed = []
    saved = builtins.print
    builtins.print = lambda *args: printed.append(' '.join([str(arg) for arg in args]))
    try:
        from microdot_websocket import codec
    finally:
        builtins.print = saved
    return codec, printed


def echoed(message):
    """What an application sends back over a WebSocket: frames, as in frames.parse()."""
    from connection import Server, request_bytes
    from frames import TEXT, close, frame, parse
    from memory_stream import run
    from microdot import Microdot
    from microdot_websocket import with_websocket

    app = Microdot()

    @app.route('/')
    @with_websocket
    async def echo(request, ws):
        while True:
            await ws.send(await ws.receive())

    server = Server(app)
    server.peer.feed(request_bytes() + frame(TEXT, message) + close(1000))
    run(server.run())
    return parse(server.response()[1])


def main(reason):
    codec, printed = import_codec()
    print('_mpy: 0x%x codec: %s' % (getattr(sys.implementation, '_mpy', 0), codec.IMPL))
    for line in printed:
        print(line)
    assert codec.IMPL == 'python'
    assert len(printed) == 1
    assert printed[0].startswith('microdot_websocket: _wscodec.mpy cannot be used (%s' % reason)
    assert echoed('häß') == [(0x81, 'häß'.encode()), (0x88, b'\x03\xe8')]
    print('1 passed, 0 failed, 0 skipped')


if __name__ == '__main__':
    main(sys.argv[1])
