"""``async with connect()``, and ``async for ws in connect()``, over memory streams."""

import asyncio
import unittest

from frames import CLOSE, TEXT, frame
from memory_stream import run, settle
from microdot_websocket import WebSocketError
from microdot_websocket.client import connect
from network import URL, Network, frames_to, is_closed, respond


class Server(Network):
    """It answers each connection with the next of `answers`: an exception, an HTTP status line, or
    the frames that are sent behind a handshake; the last one again and again."""

    def __init__(self, *answers):
        super().__init__()
        self.answers = list(answers)
        self.peers = []

    async def open_connection(self, *args):
        answer = self.answers[0] if len(self.answers) == 1 else self.answers.pop(0)
        if isinstance(answer, Exception):
            self.calls.append(args)
            raise answer
        streams = await super().open_connection(*args)
        self.peers.append(self.peer)
        asyncio.create_task(self.answer(self.peer, answer))
        return streams

    async def answer(self, peer, answer):
        while b'\r\n\r\n' not in peer.sent:
            await asyncio.sleep(0)
        if isinstance(answer, str):
            peer.feed(answer.encode() + b'\r\n\r\n')
            peer.end()
        else:
            respond(self, trailing=answer)


HELLO = frame(TEXT, 'hello', key=None)
GONE = HELLO + frame(CLOSE, b'\x03\xf4restart', key=None)
FAST = {'min_delay': 0, 'close_timeout': 0}


class TestWith(unittest.TestCase):
    def test_it_closes_the_connection(self):
        async def main():
            with Server(HELLO) as server:
                async with connect(URL, close_timeout=0) as ws:
                    self.assertEqual(await ws.receive(), 'hello')
                self.assertEqual(ws.close_code, 1000)
                self.assertTrue(is_closed(server.peer))

        run(main())

    def test_an_exception(self):
        async def main():
            with Server(HELLO) as server:
                with self.assertRaises(KeyError):
                    async with connect(URL, close_timeout=0) as ws:
                        raise KeyError
                self.assertEqual(ws.close_code, 1011)
                self.assertTrue(is_closed(server.peer))

        run(main())

    def test_no_memory_to_close_it(self):
        def no_memory(code):
            raise MemoryError  # for the coroutine

        async def main():
            with Server(HELLO) as server:
                with self.assertRaises(MemoryError):
                    async with connect(URL) as ws:
                        ws.close = no_memory
                await settle(3)
                self.assertTrue(is_closed(server.peer))

        run(main())

    def test_one_in_another(self):
        async def main():
            with Server(HELLO) as server:
                client = connect(URL, close_timeout=0)
                async with client as outer:
                    async with client as inner:
                        self.assertFalse(inner is outer)
                    self.assertEqual((inner.closed, outer.closed), (True, False))
                self.assertTrue(outer.closed)
                self.assertTrue(all([is_closed(peer) for peer in server.peers]))

        run(main())

    def test_several_tasks(self):
        """Each closes its own."""

        async def use(client, until):
            async with client as ws:
                found.append(ws)
                await until.wait()
            self.assertTrue(ws.closed)

        async def main():
            with Server(HELLO):
                client = connect(URL, close_timeout=0)
                events = [asyncio.Event() for _ in range(2)]
                tasks = []
                for event in events:
                    tasks.append(asyncio.create_task(use(client, event)))
                    while len(found) < len(tasks):
                        await asyncio.sleep(0)
                for task, event in zip(tasks, events):
                    event.set()
                    await task
                self.assertTrue(all([ws.closed for ws in found]))

        found = []
        run(main())

    def test_it_is_left_in_another_task(self):
        """As of an AsyncExitStack."""

        async def main():
            with Server(HELLO):
                client = connect(URL, close_timeout=0)
                ws = await asyncio.create_task(client.__aenter__())
                await asyncio.create_task(leave(client))
                self.assertTrue(ws.closed)

        async def leave(client):
            await client.__aexit__(None, None, None)

        run(main())

    def test_no_memory_to_enter(self):
        async def main():
            with Server(HELLO) as server:
                client = connect(URL)
                client.entered = NoMemory()
                with self.assertRaises(MemoryError):
                    async with client:
                        raise AssertionError
                await settle(3)
                self.assertTrue(is_closed(server.peer))

        class NoMemory:
            def append(self, _):
                raise MemoryError

        run(main())

    def test_no_connection(self):
        async def main():
            with Server(OSError(111)):
                with self.assertRaises(OSError):
                    async with connect(URL):
                        raise AssertionError

        run(main())


async def first_of(results):
    return (await results)[0]


class TestAwait(unittest.TestCase):
    def test_a_task_of_it(self):
        async def main():
            with Server(HELLO):
                for start in (
                    asyncio.create_task,
                    lambda client: asyncio.wait_for(client, 5),
                    lambda client: first_of(asyncio.gather(client)),
                ):
                    ws = await start(connect(URL))
                    self.assertEqual(await ws.receive(), 'hello')
                    ws.abort()

        run(main())

    def test_a_task_that_is_cancelled(self):
        async def main():
            with Network() as network:
                with self.assertRaises(asyncio.TimeoutError):
                    await asyncio.wait_for(connect(URL), 0.02)
                await settle()
                self.assertTrue(is_closed(network.peer))

        run(main())

    def test_it_may_be_awaited_again(self):
        async def main():
            with Server(HELLO):
                client = connect(URL)
                first, second = await client, await client
                self.assertFalse(first is second)
                for ws in first, second:
                    self.assertEqual(await ws.receive(), 'hello')
                    ws.abort()

        run(main())

    def test_another_task_of_it(self):
        """Once the first has ended, however it did."""

        async def main():
            with Server(OSError(111), HELLO) as server:
                client = connect(URL)
                with self.assertRaises(OSError):
                    await asyncio.create_task(client)
                for _ in range(2):
                    ws = await asyncio.create_task(client)
                    self.assertEqual(await ws.receive(), 'hello')
                    ws.abort()
                self.assertEqual(len(server.peers), 2)

        run(main())

    def test_no_other_names(self):
        with self.assertRaises(AttributeError):
            connect(URL).recieve  # noqa: B018

    def test_mistakes_are_found_at_once(self):
        for url, options, error in (
            ('http://a/', {}, ValueError),
            (URL, {'min_delai': 1}, TypeError),
            (URL, {'subprotocols': 'chat'}, TypeError),
        ):
            with self.assertRaises(error):
                connect(url, **options)


class TestFor(unittest.TestCase):
    def test_each_turn_is_a_new_connection(self):
        async def main():
            reasons = []
            with Server(GONE) as server:
                async for ws in connect(URL, on_retry=lambda *args: reasons.append(args), **FAST):
                    try:
                        while True:
                            self.assertEqual(await ws.receive(), 'hello')
                    except WebSocketError as exc:
                        self.assertEqual((exc.code, exc.reason), (1012, 'restart'))
                    if len(server.peers) == 3:
                        break
                self.assertTrue(all(is_closed(peer) for peer in server.peers))
            self.assertEqual([delay for _, delay in reasons], [0, 0])
            for exc, _ in reasons:
                self.assertEqual((exc.code, exc.reason), (1012, 'restart'))

        run(main())

    def test_the_next_turn_closes_the_connection(self):
        async def main():
            with Server(HELLO) as server:
                turns = []
                async for ws in connect(URL, **FAST):
                    turns.append(ws)
                    if len(turns) == 2:
                        break
                self.assertEqual(turns[0].close_code, 1000)
                self.assertTrue(is_closed(server.peers[0]))
                self.assertEqual(frames_to(server.peers[0])[-1:], [(0x88, b'\x03\xe8')])
                self.assertIs(ws.closed, False)  # behind a break it is the application's
                ws.abort()

        run(main())

    def test_what_may_pass(self):
        async def main():
            answers = (
                OSError(111),
                OSError(-2),
                MemoryError(),
                WebSocketError('the handshake timed out'),
                'HTTP/1.1 503 Full',
                'HTTP/1.1 500 Oh',
                'HTTP/1.1 429 Slowly',
                'HTTP/1.1 408 Late',
                'rubbish',
                HELLO,
            )
            reasons = []
            with Server(*answers) as server:
                retry = lambda exc, delay: reasons.append(type(exc))  # noqa: E731
                async for ws in connect(URL, on_retry=retry, **FAST):
                    self.assertEqual(await ws.receive(), 'hello')
                    ws.abort()
                    break
                self.assertEqual(len(server.calls), len(answers))
            kinds = [OSError, OSError, MemoryError] + [WebSocketError] * 6
            self.assertEqual(reasons, kinds)

        run(main())

    def test_what_may_not(self):
        async def main():
            for answer, error in (
                ('HTTP/1.1 401 No', WebSocketError),
                ('HTTP/1.1 404 No', WebSocketError),
                ('HTTP/1.1 301 Elsewhere', WebSocketError),
                ('HTTP/1.1 200 Page', WebSocketError),
                (ValueError('x'), ValueError),
                (NotImplementedError('sha1'), NotImplementedError),
            ):
                with Server(answer) as server:
                    with self.assertRaises(error):
                        async for _ in connect(URL, **FAST):
                            raise AssertionError
                    self.assertEqual(len(server.calls), 1)

        run(main())

    def test_the_hook_ends_the_loop(self):
        async def main():
            def on_retry(exc, delay):
                raise exc

            with Server(OSError(113)) as server:
                with self.assertRaises(OSError) as raised:
                    async for _ in connect(URL, on_retry=on_retry, **FAST):
                        raise AssertionError
                self.assertEqual(raised.exception.args[0], 113)
                self.assertEqual(len(server.calls), 1)

        run(main())

    def test_no_memory_to_close_the_last(self):
        def no_memory():
            raise MemoryError  # for the coroutine

        async def main():
            with Server(HELLO) as server:
                turns = []
                async for ws in connect(URL, **FAST):
                    ws.close = no_memory
                    turns.append(ws)
                    if len(turns) == 2:
                        break
                self.assertTrue(is_closed(server.peers[0]))
                ws.abort()

        run(main())

    def test_cancelled_while_it_waits(self):
        async def main():
            async def loop():
                async for _ in connect(URL):
                    raise AssertionError

            with Server(OSError(111)) as server:
                task = asyncio.create_task(loop())
                await settle()
                self.assertEqual(len(server.calls), 1)
                task.cancel()
                with self.assertRaises(asyncio.CancelledError):
                    await task
                self.assertEqual(len(server.calls), 1)

        run(main())


class Enough(Exception):
    pass


async def delays(count, *answers, **options):
    """The first waits of a loop."""
    found = []

    def on_retry(exc, delay):
        found.append(delay)
        if len(found) == count:
            raise Enough

    with Server(*answers) as server:
        try:
            async for ws in connect(URL, on_retry=on_retry, close_timeout=0, **options):
                while not ws.closed:
                    try:
                        await ws.receive()
                    except WebSocketError:
                        pass
                if options.get('lasts'):
                    await asyncio.sleep(options['lasts'])
        except Enough:
            pass
    return found, server


class TestDelays(unittest.TestCase):
    def within(self, found, expected):
        self.assertEqual(len(found), len(expected))
        for delay, most in zip(found, expected):
            self.assertTrue(most / 2 <= delay <= most, (found, expected))

    def test_they_double(self):
        async def main():
            found, _ = await delays(6, OSError(111), min_delay=0.001, max_delay=0.01)
            self.within(found, [0.001, 0.002, 0.004, 0.008, 0.01, 0.01])

        run(main())

    def test_by_default(self):
        async def main():
            found, _ = await delays(1, OSError(111))
            self.within(found, [1])

        run(main())

    def test_chance(self):
        async def main():
            found, _ = await delays(12, OSError(111), min_delay=0.001, max_delay=0.001)
            self.assertTrue(len(set(found)) > 1)

        run(main())

    def test_a_server_that_ends_every_connection_at_once(self):
        async def main():
            found, server = await delays(5, GONE, min_delay=0.1, max_delay=0.2)
            self.within(found, [0.1, 0.2, 0.2, 0.2, 0.2])
            self.assertEqual(len(server.peers), 5)

        run(main())


class TestAddress(unittest.TestCase):
    def test_it_is_forgotten_when_the_wait_is_the_longest(self):
        async def main():
            client = connect(URL, min_delay=0.001, max_delay=0.004)
            kept = []

            def on_retry(exc, delay):
                kept.append(client.address)
                client.address = 'found again'
                if len(kept) == 4:
                    raise Enough

            client.options['on_retry'] = on_retry
            client.address = 'found'
            with Server(OSError(111)):
                with self.assertRaises(Enough):
                    async for _ in client:
                        raise AssertionError
            self.assertEqual(kept, ['found', 'found again', None, None])

        run(main())


class TestPings(unittest.TestCase):
    def test_they_are_on_unless_they_are_not_wanted(self):
        async def main():
            for options, expected in (
                ({}, 20),
                ({'ping_interval': 5}, 5),
                ({'ping_interval': 0}, 0),
            ):
                with Server(HELLO):
                    async for ws in connect(URL, **FAST, **options):
                        self.assertEqual(ws.ping_interval, expected)
                        self.assertEqual(bool(ws.pings), bool(expected))
                        ws.abort()
                        break
                    ws = await connect(URL)
                    self.assertEqual(ws.ping_interval, 0)
                    ws.abort()

        run(main())
