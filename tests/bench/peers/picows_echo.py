"""An echo server with picows, which is a C extension:  picows_echo.py PORT

It hands out frames as they come: it puts no messages together and checks no UTF-8.
"""

import asyncio
import sys

from picows import WSListener, WSMsgType, ws_create_server


class Echo(WSListener):
    def on_ws_frame(self, transport, frame):
        if frame.msg_type == WSMsgType.CLOSE:
            transport.send_close(frame.get_close_code())
            transport.disconnect()
        else:
            transport.send(frame.msg_type, frame.get_payload_as_memoryview())


async def main():
    server = await ws_create_server(lambda request: Echo(), '127.0.0.1', int(sys.argv[1]))
    await server.serve_forever()


asyncio.run(main())
