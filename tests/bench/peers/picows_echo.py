"""An echo server with picows, which is a C extension, and which broadcasts too:

picows_echo.py PORT [--uvloop]

It hands out frames as they come: it puts no messages together and checks no UTF-8.
"""

import sys

from loops import run
from picows import WSListener, WSMsgType, ws_create_server

members = {}  # the transports of those that listen to the broadcast


class Echo(WSListener):
    def on_ws_frame(self, transport, frame):
        if frame.msg_type == WSMsgType.CLOSE:
            transport.send_close(frame.get_close_code())
            transport.disconnect()
        else:
            transport.send(frame.msg_type, frame.get_payload_as_memoryview())


class Broadcast(Echo):
    def on_ws_connected(self, transport):
        members[transport] = True

    def on_ws_disconnected(self, transport):
        members.pop(transport, None)

    def on_ws_frame(self, transport, frame):
        if frame.msg_type == WSMsgType.CLOSE:
            super().on_ws_frame(transport, frame)
            return
        message = frame.get_payload_as_memoryview()
        for member in list(members):
            member.send(frame.msg_type, message)


def listener(request):
    return Broadcast() if request.path == b'/broadcast' else Echo()


async def main():
    server = await ws_create_server(listener, '127.0.0.1', int(sys.argv[1]))
    await server.serve_forever()


run(main())
