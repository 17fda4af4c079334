"""How a WebSocket over memory streams ends: by the peer, by an error, or by close()."""

import asyncio
import unittest

from capacity import LARGE, sample
from connection import (
    close_frame,
    end_of,
    frames_to,
    has_spare_buffer,
    holding_buffer,
    open_websocket,
)
from frames import BINARY, CONT, PING, TEXT, close, frame, header
from memory_stream import is_read_by_asyncio, run, settle, turns_beside
from microdot_websocket import WebSocket, timer
from no_memory import NoMemory


class TestPeerCloses(unittest.TestCase):
    def test_close_is_echoed(self):
        async def main():
            for code, reason in ((1000, ''), (1001, 'away é'), (3000, 'x' * 123), (4999, '')):
                ws, peer = await open_websocket()
                peer.feed(frame(TEXT, 'last') + close(code, reason) + frame(TEXT, 'not this'))
                self.assertEqual(await ws.receive(), 'last')
                self.assertEqual(await end_of(ws.receive()), (code, reason))
                self.assertEqual(frames_to(peer), [close_frame(code)])
                self.assertTrue(ws.closed)
                # And that is all: again the same error, and nothing more is sent.
                self.assertEqual(await end_of(ws.receive()), (code, reason))
                self.assertEqual(await end_of(ws.send('x')), (code, reason))
                await ws.close()
                self.assertEqual(peer.sent, b'')

        run(main())

    def test_empty_close(self):
        async def main():
            ws, peer = await open_websocket()
            peer.feed(close())
            self.assertEqual(await end_of(ws.receive()), (1005, ''))
            self.assertEqual(frames_to(peer), [(0x88, b'')])

        run(main())

    def test_close_with_a_full_send_buffer(self):
        async def main():
            ws, peer = await open_websocket(close_timeout=0.05)
            peer.give_room(0)
            peer.feed(close(1000))
            self.assertEqual(await end_of(ws.receive()), (1000, ''))  # and does not hang

        run(main())

    def test_disconnect_anywhere(self):
        message = frame(TEXT, 'x' * 10, fin=False)
        ping = message + frame(PING, b'p')
        whole = ping + frame(CONT, b'y' * 130)
        data = whole + close(1000)

        async def main():
            for n in sample(range(len(data)), 9):
                ws, peer = await open_websocket()
                peer.feed(data[:n])
                peer.end()
                if n >= len(whole):
                    self.assertEqual(await ws.receive(), 'x' * 10 + 'y' * 130, n)
                self.assertEqual(await end_of(ws.receive()), (1006, 'connection lost'), n)
                self.assertEqual(frames_to(peer), [(0x8A, b'p')] if n >= len(ping) else [], n)
                self.assertEqual(await end_of(ws.send('x')), (1006, 'connection lost'))
                await ws.close()
                self.assertEqual(peer.sent, b'')

        run(main())

    def test_reset(self):
        async def main():
            for errno in (32, 104, 110, 113):
                ws, peer = await open_websocket()
                task = asyncio.create_task(end_of(ws.receive()))
                await settle()
                peer.fail(errno)
                self.assertEqual(await task, (1006, 'connection lost'))
                self.assertTrue(ws.closed)

                ws, peer = await open_websocket()
                peer.give_room(3)
                task = asyncio.create_task(end_of(ws.send(bytes(99))))
                await settle()
                peer.fail(errno)
                self.assertEqual(await task, (1006, 'connection lost'))

        run(main())

    def test_others_may_have_its_read_buffer(self):
        """However it ends: the next connection needs no other one."""

        async def main(how):
            ws, peer, task = await holding_buffer()
            # The extension keeps what has arrived of it elsewhere.
            self.assertEqual(await has_spare_buffer(), is_read_by_asyncio(peer))
            if how == 'end':
                peer.end()
            elif how == 'reset':
                peer.fail(104)
            elif how == 'error':
                peer.feed(frame(3) * 20)
            elif how == 'close':
                await ws.close()
            else:
                ws.abort()
            await task
            await settle()
            self.assertTrue(await has_spare_buffer(), how)
            return ws  # it is still there

        for how in ('end', 'reset', 'error', 'close', 'abort'):
            run(main(how))


class TestErrors(unittest.TestCase):
    def fails(self, data, code):
        async def main():
            ws, peer = await open_websocket(max_message_length=1000)
            task = asyncio.create_task(end_of(ws.receive()))
            peer.feed(data)
            await settle()
            sent = frames_to(peer)
            self.assertEqual(len(sent), 1)
            self.assertEqual(sent[0][0], 0x88)
            self.assertEqual(int.from_bytes(sent[0][1][:2], 'big'), code)
            self.assertFalse(task.done())  # the peer may still be sending: it waits for its Close
            peer.feed(frame(BINARY, bytes(500)) + close(code))
            reason = sent[0][1][2:].decode()
            self.assertEqual(await task, (code, reason))
            self.assertGreater(len(reason), 0)

        run(main())

    def test_protocol_error(self):
        self.fails(frame(TEXT, 'x', rsv=1), 1002)
        self.fails(frame(TEXT, 'x', key=None), 1002)
        self.fails(frame(CONT, 'x'), 1002)

    def test_invalid_utf8(self):
        self.fails(frame(TEXT, b'\xff'), 1007)
        self.fails(frame(TEXT, b'abc' * 100 + b'\xff' + bytes(300)), 1007)

    def test_too_big(self):
        self.fails(frame(BINARY, bytes(1001)), 1009)
        self.fails(frame(BINARY, bytes(LARGE)), 1009)

    def test_no_answer_to_the_close(self):
        async def main():
            ws, peer = await open_websocket(close_timeout=0.05)
            peer.feed(frame(3, b'x'))
            self.assertEqual(await end_of(ws.receive()), (1002, 'reserved opcode'))

        run(main())

    def test_out_of_memory(self):
        async def main():
            ws, peer = await open_websocket(max_message_length=0, close_timeout=0)
            peer.feed(header(BINARY, 100000000))
            with NoMemory():
                self.assertEqual(await end_of(ws.receive()), (1009, 'out of memory'))
            self.assertEqual(frames_to(peer), [close_frame(1009, 'out of memory')])

        run(main())


class TestClose(unittest.TestCase):
    def test_waits_for_the_peer(self):
        async def main():
            ws, peer = await open_websocket()
            task = asyncio.create_task(ws.close(1001, 'bye é'))
            await settle()
            self.assertEqual(frames_to(peer), [close_frame(1001, 'bye é')])
            self.assertTrue(ws.closed)
            peer.feed(frame(TEXT, 'x' * 5000) + frame(PING, b'late'))
            await settle()
            self.assertFalse(task.done())
            peer.feed(close(1001))
            await task
            self.assertEqual(peer.sent, b'')

        run(main())

    def test_without_a_code(self):
        async def main():
            ws, peer = await open_websocket(close_timeout=0)
            await ws.close(1005)
            self.assertEqual(frames_to(peer), [(0x88, b'')])
            self.assertEqual(ws.close_code, 1005)

        run(main())

    def test_waits_a_bounded_time(self):
        """A clock that a test can trust on a busy machine is the timer's own."""

        async def main():
            for receives in (False, True):
                ws, peer = await open_websocket(close_timeout=5)
                receiver = asyncio.create_task(end_of(ws.receive())) if receives else None
                await settle()
                closer = asyncio.create_task(ws.close())
                await settle()
                self.assertTrue(ws.expires is not None)
                self.assertFalse(closer.done())
                ws.poll(5000)
                await closer
                self.assertIs(ws.expires, None)
                self.assertEqual(frames_to(peer), [close_frame(1000)])
                await ws.close()  # nothing to do any more
                if receives:
                    self.assertEqual(await receiver, (1000, ''))

        run(main())

    def test_waits_that_long(self):
        async def main():
            ws, _ = await open_websocket(close_timeout=0.1)
            closer = asyncio.create_task(ws.close())
            await asyncio.sleep(0.05)
            self.assertFalse(closer.done())
            await closer

        run(main())

    def test_the_timer_has_its_milliseconds(self):
        async def main():
            for seconds in (5, 0.5):
                ws, peer = await open_websocket(close_timeout=seconds)
                times = []
                timer.set = lambda watch, time, times=times: times.append(time)
                try:
                    task = asyncio.create_task(ws.close())
                    await settle()
                    self.assertEqual(times[-1], int(seconds * 1000))
                finally:
                    timer.set = set_watch
                peer.feed(close(1000))
                await task

        set_watch = timer.set
        run(main())

    def test_peer_is_gone(self):
        async def main():
            ws, peer = await open_websocket()
            peer.end()
            await ws.close()
            ws, peer = await open_websocket()
            peer.fail(104)
            await ws.close()
            self.assertTrue(ws.closed)
            self.assertEqual(peer.sent, b'')

        run(main())

    def test_while_another_task_receives(self):
        async def main():
            ws, peer = await open_websocket()
            receiver = asyncio.create_task(end_of(ws.receive()))
            await settle()
            closer = asyncio.create_task(ws.close(4001, 'enough'))
            await settle()
            self.assertEqual(frames_to(peer), [close_frame(4001, 'enough')])
            peer.feed(frame(TEXT, 'late'))
            self.assertEqual(await receiver, (4001, 'enough'))
            self.assertFalse(closer.done())
            peer.feed(close(4001))
            await closer

        run(main())

    def test_what_other_tasks_wait_for_ends(self):
        """Before the socket is closed, whose number another connection may get."""

        async def main():
            for how in ('close', 'end', 'reset'):
                ws, peer = await open_websocket(close_timeout=0.05)
                peer.give_room(5)
                senders = [asyncio.create_task(end_of(ws.send(bytes(n)))) for n in (9, LARGE)]
                receiver = asyncio.create_task(end_of(ws.receive()))
                await settle()
                if how == 'close':
                    await ws.close(4000)
                elif how == 'end':
                    peer.end()
                else:
                    peer.fail(104)
                for task in senders + [receiver]:
                    code, _ = await task
                    self.assertEqual(code, 4000 if how == 'close' else 1006)
                peer.error = 0
                peer.give_room(None)
                await settle()
                self.assertEqual(len(peer.sent), 5)

        run(main())

    def test_two_tasks_close(self):
        async def main():
            ws, peer = await open_websocket()
            closers = [asyncio.create_task(ws.close()) for _ in range(3)]
            await settle()
            self.assertEqual(frames_to(peer), [close_frame(1000)])
            peer.feed(close(1000))
            await settle(30)
            self.assertTrue(all([closer.done() for closer in closers]))  # none waits on
            for closer in closers:
                await closer

        run(main())

    def test_the_handler_closes_behind_another_task(self):
        """It takes the closing over, and still waits for the peer's Close."""

        async def main():
            ws, peer = await open_websocket()
            ended = []

            async def handler():
                ended.append(await end_of(ws.receive()))
                await ws.close()
                ended.append(ws.state)

            handling = asyncio.create_task(handler())
            await settle()
            closing = asyncio.create_task(ws.close(4001, 'enough'))
            await settle(20)
            self.assertEqual(ended, [(4001, 'enough')])
            self.assertFalse(handling.done())
            await closing  # it need not wait any more
            await settle()
            self.assertFalse(handling.done())
            peer.feed(frame(TEXT, 'late'))
            await settle()
            self.assertFalse(handling.done())
            peer.feed(close(4001))
            await handling
            self.assertEqual(ended[1], 3)
            self.assertEqual(frames_to(peer), [close_frame(4001, 'enough')])

        run(main())

    def test_close_sent_as_a_frame(self):
        async def main():
            ws, peer = await open_websocket()
            receiver = asyncio.create_task(end_of(ws.receive()))
            await settle()
            await ws.send(b'\x03\xe9', WebSocket.CLOSE)  # as applications for Microdot may do
            self.assertTrue(ws.closed)
            self.assertEqual(await receiver, (1000, ''))
            task = asyncio.create_task(ws.close())
            await settle()
            self.assertFalse(task.done())
            peer.feed(close(1001))
            await task
            self.assertEqual(frames_to(peer), [close_frame(1001)])

        run(main())

    def test_refused(self):
        async def main():
            ws, peer = await open_websocket()
            for code in (0, 999, 1004, 1006, 1015, 2000, 2999, 5000, 70000):
                with self.assertRaises(ValueError):
                    await ws.close(code)
            for reason in ('x' * 124, 'é' * 62):
                with self.assertRaises(ValueError):
                    await ws.close(1000, reason)
            self.assertFalse(ws.closed)
            self.assertEqual(peer.sent, b'')

        run(main())


class TestEnded(unittest.TestCase):
    def test_a_handler_that_tries_for_ever_lets_others_run(self):
        """Whatever it calls that fails at once."""

        async def main():
            buffer = bytearray(10)
            for call in (
                lambda ws: ws.receive(),
                lambda ws: ws.send('x'),
                lambda ws: ws.send('x', PING),
                lambda ws: ws.send(b'', WebSocket.CLOSE),
                lambda ws: ws.receive_into(buffer),
                lambda ws: ws.stream(buffer).__anext__(),
                lambda ws: ws.send_stream(['x']),
                lambda ws: ws.ping(),
            ):
                for how in ('lost', 'closed', 'closing'):
                    ws, peer = await open_websocket(close_timeout=0 if how == 'closed' else 2)
                    if how == 'lost':
                        peer.end()
                        await end_of(ws.receive())
                    else:
                        closer = asyncio.create_task(ws.close())
                        await settle()
                    self.assertTrue(ws.closed)
                    self.assertGreater(await turns_beside(ten_times(lambda: call(ws))), 5)  # noqa: B023
                    ws.abort()
                    if how != 'lost':
                        await closer

        run(main())

    def test_so_does_one_that_may_not_receive(self):
        async def main():
            ws, peer = await open_websocket()
            task = asyncio.create_task(ws.receive())
            await settle()
            self.assertGreater(await turns_beside(ten_times(ws.receive)), 5)
            task.cancel()

        run(main())


async def ten_times(call):
    """Make a call again and again that always fails."""
    for _ in range(10):
        try:
            await call()
        except Exception:
            pass
