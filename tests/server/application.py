"""How an application of the tests begins and ends: it imports this before Microdot's modules, and
calls serve() last. Its arguments: PORT EXPECTED_IMPL"""

import sys

if sys.implementation.name == 'cpython':
    import asyncio
    import os

    import microdot_websocket

    microdot_websocket.install()
    if os.environ.get('EVENT_LOOP') == 'uvloop':
        import uvloop

        uvloop.install()
        loop = asyncio.new_event_loop()
        assert isinstance(loop, uvloop.Loop)  # as those to come
        loop.close()


def serve(app, **options):
    """Serve the application on this machine, if it runs on the codec that it is expected to."""
    from microdot_websocket.codec import IMPL

    if IMPL != sys.argv[2]:
        sys.exit('this server is for the %s codec, but codec.IMPL is %s' % (sys.argv[2], IMPL))
    app.run(host='127.0.0.1', port=int(sys.argv[1]), **options)
