"""The WebSocket class over memory streams."""

import asyncio
import unittest

from connection import del_sent, open_websocket
from frames import BINARY, CLOSE, CONT, PING, PONG, TEXT, close, frame, header, parse, pattern
from memory_stream import run, settle
from microdot.microdot import Request
from microdot_websocket import WebSocket, WebSocketError


async def end_of(coroutine):
    """The WebSocketError that it ends with, as (code, reason)."""
    try:
        result = await coroutine
    except WebSocketError as exc:
        return exc.code, exc.reason
    raise AssertionError('no WebSocketError but %r' % (result,))


def frames_to(peer):
    return parse(del_sent(peer))


def close_frame(code, reason=''):
    return 0x80 | CLOSE, code.to_bytes(2, 'big') + reason.encode()


class TestReceive(unittest.TestCase):
    def test_messages(self):
        async def main():
            ws, peer = await open_websocket()
            peer.feed(frame(TEXT, 'é') + frame(BINARY, b'\x00') + frame(TEXT) + frame(BINARY))
            for expected in ('é', b'\x00', '', b''):
                data = await ws.receive()
                self.assertEqual(data, expected)
                self.assertIs(type(data), type(expected))
            self.assertEqual(peer.sent, b'')

        run(main())

    def test_large_message_in_pieces(self):
        async def main():
            ws, peer = await open_websocket(max_message_length=0)
            payload = pattern(51000)
            data = frame(BINARY, payload)
            task = asyncio.create_task(ws.receive())
            for i in range(0, len(data), 7000):
                peer.feed(data[i : i + 7000])
                await settle()
            self.assertEqual(await task, payload)

        run(main())

    def test_pings_are_answered_and_pongs_ignored(self):
        async def main():
            ws, peer = await open_websocket()
            peer.feed(frame(PING, b'a') + frame(PONG, b'b') + frame(TEXT, 'x', fin=False))
            peer.feed(frame(PING, b'c' * 125) + frame(PING) + frame(CONT, 'y'))
            self.assertEqual(await ws.receive(), 'xy')
            pongs = [(0x8A, b'a'), (0x8A, b'c' * 125), (0x8A, b'')]
            self.assertEqual(frames_to(peer), pongs)

        run(main())

    def test_cancelling_loses_nothing(self):
        async def main():
            ws, peer = await open_websocket(max_message_length=0)
            payload = pattern(10000)
            data = frame(BINARY, payload)
            for i in range(0, len(data), 999):
                task = asyncio.create_task(ws.receive())
                await settle()
                task.cancel()
                await settle()
                peer.feed(data[i : i + 999])
            self.assertEqual(await ws.receive(), payload)

        run(main())

    def test_only_one_task_may_receive(self):
        async def main():
            ws, peer = await open_websocket()
            task = asyncio.create_task(ws.receive())
            await settle()
            with self.assertRaises(RuntimeError):
                await ws.receive()
            peer.feed(frame(TEXT, 'x'))
            self.assertEqual(await task, 'x')
            # Nor while the first one waits for its pong to go out.
            peer.give_room(0)
            peer.feed(frame(PING, b'p') + frame(TEXT, 'y'))
            task = asyncio.create_task(ws.receive())
            await settle()
            with self.assertRaises(RuntimeError):
                await ws.receive()
            peer.give_room(None)
            self.assertEqual(await task, 'y')

        run(main())


class TestLimit(unittest.TestCase):
    def setUp(self):
        self.max_body_length = Request.max_body_length

    def tearDown(self):
        Request.max_body_length = self.max_body_length
        WebSocket.max_message_length = -1

    def ends(self, data, expected, **attributes):
        """What receive() gives for `data`: its length, or the code that it is refused with."""

        async def main():
            ws, peer = await open_websocket(close_timeout=0, **attributes)
            peer.feed(data)
            try:
                self.assertEqual(len(await ws.receive()), expected)
            except WebSocketError as exc:
                self.assertEqual(exc.code, expected)
                self.assertEqual(frames_to(peer), [close_frame(1009, 'message too big')])

        run(main())

    def test_minus_one_takes_max_body_length(self):
        Request.max_body_length = 10
        self.ends(frame(BINARY, bytes(10)), 10)
        self.ends(frame(BINARY, bytes(11)), 1009)
        Request.max_body_length = 0  # as Microdot's documentation has it for streamed bodies
        self.ends(frame(BINARY, bytes(1)), 1009)
        self.ends(frame(BINARY), 0)

    def test_zero_disables_the_check(self):
        Request.max_body_length = 10
        self.ends(frame(BINARY, bytes(100000)), 100000, max_message_length=0)

    def test_class_attribute(self):
        WebSocket.max_message_length = 5
        self.ends(frame(TEXT, 'x' * 5), 5)
        self.ends(frame(TEXT, 'x' * 6), 1009)
        self.ends(frame(TEXT, 'x' * 3, fin=False) + frame(CONT, 'x' * 3), 1009)

    def test_attribute_of_one_connection(self):
        self.ends(frame(TEXT, 'x' * 5), 1009, max_message_length=4)

    def test_refused_before_the_payload(self):
        for length in (101, 1 << 29, 1 << 40, 1 << 63):
            self.ends(header(BINARY, length), 1009, max_message_length=100)


class TestSend(unittest.TestCase):
    def test_types(self):
        async def main():
            ws, peer = await open_websocket()
            await ws.send('é')
            await ws.send(b'\xff')
            await ws.send(bytearray(b'ab'))
            await ws.send(memoryview(b'abcd')[1:3])
            await ws.send('')
            await ws.send(b'')
            await ws.send('é', BINARY)
            await ws.send(b'ab', WebSocket.TEXT)
            expected = [(0x81, 'é'.encode()), (0x82, b'\xff'), (0x82, b'ab'), (0x82, b'bc')]
            expected += [(0x81, b''), (0x82, b''), (0x82, 'é'.encode()), (0x81, b'ab')]
            self.assertEqual(frames_to(peer), expected)

        run(main())

    def test_lengths(self):
        async def main():
            ws, peer = await open_websocket()
            for n in (0, 125, 126, 1023, 1024, 1025, 16383, 16385, 65535, 65536, 70001):
                data = pattern(n)
                await ws.send(data)
                self.assertEqual(frames_to(peer), [(0x82, data)], n)
                text = 'é' * (n // 2)
                await ws.send(text)
                self.assertEqual(frames_to(peer), [(0x81, text.encode())], n)

        run(main())

    def test_small_frames_are_one_write(self):
        async def main():
            ws, peer = await open_websocket()
            for n in (0, 5, 125, 126, 1000):
                peer.writes = 0
                await ws.send(bytes(n))
                self.assertEqual(peer.writes, 1, n)

        run(main())

    def test_refused(self):
        async def main():
            ws, peer = await open_websocket()
            for data in (None, 5, 1.5, ['x'], ('x',), {}):
                with self.assertRaises(TypeError):
                    await ws.send(data)
            for opcode, data in (
                (PING, bytes(126)),
                (PONG, 'é' * 63),
                (CLOSE, bytes(126)),
                (3, b''),
                (11, b''),
            ):
                with self.assertRaises(ValueError):
                    await ws.send(data, opcode)
            self.assertEqual(peer.sent, b'')
            self.assertFalse(ws.closed)
            await ws.send(bytes(125), PING)
            self.assertEqual(frames_to(peer), [(0x89, bytes(125))])

        run(main())

    def test_on_a_closed_connection(self):
        async def main():
            ws, peer = await open_websocket(close_timeout=0)
            await ws.close(4000, 'done')
            self.assertEqual(await end_of(ws.send('x')), (4000, 'done'))
            self.assertEqual(await end_of(ws.receive()), (4000, 'done'))
            self.assertEqual(frames_to(peer), [close_frame(4000, 'done')])

        run(main())

    def test_full_buffer(self):
        async def main():
            for n in (10, 1000, 5000, 100000):
                for room in (0, 1, 2, 9, 600):
                    ws, peer = await open_websocket()
                    peer.give_room(room)
                    data = pattern(n)
                    task = asyncio.create_task(ws.send(data))
                    await settle()
                    while not task.done():
                        peer.give_room(max(n // 5, 3))
                        await settle(3)
                    await task
                    self.assertEqual(frames_to(peer), [(0x82, data)], (n, room))

        run(main())

    def test_many_tasks_with_a_full_buffer(self):
        async def main():
            ws, peer = await open_websocket()
            peer.give_room(5)
            sizes = (0, 3, 200, 1500, 20000)
            expected = []

            async def sender(i):
                for k in range(6):
                    data = bytes([i]) * sizes[(i + k) % 5] + bytes([k])
                    expected.append((0x82, data))
                    await ws.send(data)

            tasks = [asyncio.create_task(sender(i)) for i in range(8)]
            while not all([task.done() for task in tasks]):
                peer.give_room(777)
                await settle(2)
            for task in tasks:
                await task
            self.assertEqual(frames_to(peer), expected)  # none lost, none mixed, in order

        run(main())

    def test_cancelled_in_the_middle_of_a_frame(self):
        async def main():
            for n in (50, 900, 30000):
                ws, peer = await open_websocket()
                peer.give_room(20)
                data = bytearray(b'x' * n)
                task = asyncio.create_task(ws.send(data))
                await settle()
                task.cancel()
                await settle()
                data[:] = b'y' * n  # it is the sender's again
                peer.give_room(None)
                await ws.send('next')
                sent = frames_to(peer)
                self.assertEqual(sent, [(0x82, b'x' * n), (0x81, b'next')], n)

        run(main())

    def test_cancelled_while_another_task_sends(self):
        async def main():
            ws, peer = await open_websocket()
            peer.give_room(1000)
            first = asyncio.create_task(ws.send(b'1' * 5000))
            await settle()
            data = bytearray(b'2' * 5000)
            second = asyncio.create_task(ws.send(data))
            await settle()
            second.cancel()
            await settle()
            data[:] = b'x' * 5000
            peer.give_room(None)
            await first
            await ws.send(b'3')
            self.assertEqual([p for _, p in frames_to(peer)], [b'1' * 5000, b'2' * 5000, b'3'])

        run(main())

    def test_a_sender_lets_other_tasks_run(self):
        async def main():
            ws, _ = await open_websocket()
            ran = []

            async def other():
                ran.append(1)

            task = asyncio.create_task(other())
            for _ in range(200):
                await ws.send(b'x')
            self.assertEqual(ran, [1])
            await task

        run(main())

    def test_sending_while_receiving(self):
        async def main():
            ws, peer = await open_websocket()
            task = asyncio.create_task(ws.receive())
            await settle()
            await ws.send('a')
            peer.feed(frame(TEXT, 'b'))
            self.assertEqual(await task, 'b')
            self.assertEqual(frames_to(peer), [(0x81, b'a')])

        run(main())


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
        data = (
            frame(TEXT, 'x' * 10, fin=False) + frame(PING, b'p') + frame(CONT, b'y' * 300) + close()
        )

        async def main():
            for n in range(len(data)):
                ws, peer = await open_websocket()
                peer.feed(data[:n])
                peer.end()
                got = []
                try:
                    while True:
                        got.append(await ws.receive())
                except WebSocketError as exc:
                    self.assertEqual(exc.code, 1006, n)
                self.assertEqual(await end_of(ws.send('x')), (1006, 'connection lost'))
                await ws.close()

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
        self.fails(frame(BINARY, bytes(70000)), 1009)

    def test_no_answer_to_the_close(self):
        async def main():
            ws, peer = await open_websocket(close_timeout=0.05)
            peer.feed(frame(3, b'x'))
            self.assertEqual(await end_of(ws.receive()), (1002, 'reserved opcode'))

        run(main())

    def test_out_of_memory(self):
        async def main():
            ws, peer = await open_websocket(max_message_length=0, close_timeout=0)
            protocol = ws._protocol

            def no_memory(size):
                raise MemoryError

            import microdot_websocket.protocol as rfc

            new_message, rfc.new_message = rfc.new_message, no_memory
            try:
                peer.feed(header(BINARY, 100000))
                self.assertEqual(await end_of(ws.receive()), (1009, 'out of memory'))
            finally:
                rfc.new_message = new_message
            self.assertIs(ws._protocol, protocol)
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

    def test_waits_a_bounded_time(self):
        async def main():
            ws, peer = await open_websocket(close_timeout=0.05)
            await ws.close()
            self.assertEqual(frames_to(peer), [close_frame(1000)])
            await ws.close()  # nothing to do any more

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

    def test_close_sent_as_a_frame(self):
        async def main():
            ws, peer = await open_websocket()
            await ws.send(b'\x03\xe9', WebSocket.CLOSE)  # as applications for Microdot may do
            self.assertTrue(ws.closed)
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
            for code, reason in ((1005 + 1, ''), (999, ''), (5000, ''), (1000, 'x' * 124)):
                with self.assertRaises(ValueError):
                    await ws.close(code, reason)
            self.assertFalse(ws.closed)
            self.assertEqual(peer.sent, b'')

        run(main())


class TestError(unittest.TestCase):
    def test_text(self):
        self.assertEqual(str(WebSocketError('bye', 1001)), 'bye (1001)')
        self.assertEqual(str(WebSocketError('', 1005)), 'connection closed (1005)')
        self.assertEqual(repr(WebSocketError('x')), 'WebSocketError: x (1006)')


class TestMicrodotNames(unittest.TestCase):
    def test_encode(self):
        encode = WebSocket._encode_websocket_frame
        self.assertEqual(encode(TEXT, 'é'), b'\x81\x02\xc3\xa9')
        self.assertEqual(encode(BINARY, bytes(300)), b'\x82\x7e\x01\x2c' + bytes(300))

    def test_parse(self):
        parse_header = WebSocket._parse_frame_header
        self.assertEqual(parse_header(b'\x81\x05'), (0x80, TEXT, 0, 5))
        self.assertEqual(parse_header(b'\x82\xfe'), (0x80, BINARY, 0x80, -2))
        self.assertEqual(parse_header(b'\x82\x7f'), (0x80, BINARY, 0, -8))
        self.assertRaises(WebSocketError, parse_header, b'\x01\x05')
        self.assertRaises(WebSocketError, parse_header, b'\x80\x05')

    def test_process(self):
        ws = WebSocket(None)
        self.assertEqual(ws._process_websocket_frame(TEXT, b'a'), (None, 'a'))
        self.assertEqual(ws._process_websocket_frame(BINARY, b'a'), (None, b'a'))
        self.assertEqual(ws._process_websocket_frame(PING, b'a'), (PONG, b'a'))
        self.assertEqual(ws._process_websocket_frame(PONG, b'a'), (None, None))
        self.assertRaises(WebSocketError, ws._process_websocket_frame, CLOSE, b'')
