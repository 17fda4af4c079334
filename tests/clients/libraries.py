"""Python's client libraries behind one interface, for tests that are the same for all of them."""

from contextlib import asynccontextmanager

import aiohttp
import websockets


class Ended(Exception):
    """The connection has ended: (close code, reason)."""


class Websockets:
    def __init__(self, ws):
        self.ws = ws
        self.send = ws.send
        self.extensions = ws.protocol.extensions

    @classmethod
    @asynccontextmanager
    async def connect(cls, url, tls):
        async with websockets.connect(url, ssl=tls, max_size=None, ping_interval=None) as ws:
            yield cls(ws)

    async def receive(self):
        try:
            return await self.ws.recv()
        except websockets.ConnectionClosed:
            raise Ended(self.ws.close_code, self.ws.close_reason) from None

    async def ping(self, payload):
        await (await self.ws.ping(payload))

    async def close(self, code, reason):
        await self.ws.close(code, reason)
        return self.ws.close_code


class Aiohttp:
    def __init__(self, ws):
        self.ws = ws
        self.extensions = [ws.compress] if ws.compress else []

    @classmethod
    @asynccontextmanager
    async def connect(cls, url, tls):
        options = {'ssl': tls} if tls else {}
        async with aiohttp.ClientSession() as session:
            # It offers compression, and handles no ping by itself: see ping().
            ws = session.ws_connect(url, compress=15, max_msg_size=0, autoping=False, **options)
            async with ws as ws:
                yield cls(ws)

    async def send(self, data):
        await (self.ws.send_str(data) if isinstance(data, str) else self.ws.send_bytes(data))

    async def receive(self):
        while True:
            message = await self.ws.receive()
            if message.type == aiohttp.WSMsgType.PING:
                await self.ws.pong(message.data)
            elif message.type in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
                return message.data
            elif message.type == aiohttp.WSMsgType.CLOSE:
                raise Ended(message.data, message.extra)
            else:
                raise AssertionError(message)

    async def ping(self, payload):
        await self.ws.ping(payload)
        message = await self.ws.receive()
        assert (message.type, message.data) == (aiohttp.WSMsgType.PONG, payload)

    async def close(self, code, reason):
        await self.ws.close(code=code, message=reason.encode())
        return self.ws.close_code


LIBRARIES = {'websockets': Websockets, 'aiohttp': Aiohttp}
