"""What pages of the servers send and get."""

import asyncio
import collections
import contextlib
import time

import websockets


class Page:
    """A WebSocket to one of the servers: `async with`; `got` is what has come."""

    def __init__(self, server, path):
        self.url = server.url(path)
        self.got = []
        self.count = collections.Counter()  # of them, by their first character

    async def __aenter__(self):
        self.ws = await websockets.connect(self.url, max_size=1 << 20)
        self.send = self.ws.send
        self.task = asyncio.create_task(self.read())
        await (await self.ws.ping())  # answered by a handler that has joined
        return self

    async def __aexit__(self, *_):
        await self.ws.close()
        await self.task

    async def read(self):
        with contextlib.suppress(websockets.ConnectionClosed):
            async for message in self.ws:
                self.got.append(message)
                first = message[:1]
                self.count[first if isinstance(first, str) else first.decode('latin-1')] += 1


@contextlib.asynccontextmanager
async def pages(servers, path):
    """A page of each."""
    async with contextlib.AsyncExitStack() as stack:
        yield [await stack.enter_async_context(Page(server, path)) for server in servers]


async def until(condition, what, seconds=60):
    """Wait until it holds; `what()` is told if it never does."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, what()
        await asyncio.sleep(0.01)
