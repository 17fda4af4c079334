"""What the control port of app.py commands: a second server in the same process, which ends while
the first goes on, and limits of the class."""

import asyncio

from microdot import Microdot
from microdot.websocket import WebSocket
from microdot_websocket.server import serve as serve_app
from microdot_websocket.server import shutdown

app = Microdot()
task = None  # of the server


class Wrapper:
    """In place of an SSLContext: the same calls and failures, but nothing is encrypted."""

    def wrap_socket(self, client, **kwargs):
        bytearray(100)
        return client


def limits(max_connections, evict_idle):
    WebSocket.max_connections = int(max_connections)
    WebSocket.evict_idle = evict_idle == 'True'


def serve(port, wrapped=''):
    global task
    task = asyncio.create_task(
        serve_app(app, '127.0.0.1', int(port), ssl=Wrapper() if wrapped else None)
    )


def is_served():
    return bool(task) and not task.done()


def end(how):
    """End it in a moment, without an allocation of the application's."""
    ending = shutdown(app, 1012, 'restart') if how == 'shutdown' else None
    asyncio.create_task(end_soon(how, ending))


async def end_soon(how, ending):
    await asyncio.sleep_ms(30)
    if how == 'cancel':
        task.cancel()
    elif how == 'app.shutdown':
        app.shutdown()
    else:
        await ending
