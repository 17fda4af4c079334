"""What a Protocol makes of wrong arguments, and of a stream that misbehaves: exceptions, and no
harm."""

import sys

from frames import BINARY, PING, TEXT, frame, pattern
from memory_stream import run
from scripted_stream import END, MORE, Stream, client, connection, receive

NO_INTS = None, '0', b'0', [], 1.0


class Int:
    """What MicroPython takes for an int: code of its own runs."""

    def __init__(self, call=None, value=7):
        self.call = call
        self.value = value

    def __int__(self):
        if self.call:
            self.call()
        return self.value


class ArgumentsContract:
    Protocol = None

    def test_the_constructor(self):
        async def main():
            good = Stream(), None, 200, 100, 0, 0, 0
            self.Protocol(*good)
            for count in range(7):
                self.assertRaises(TypeError, self.Protocol, *good[:count])
            self.assertRaises(TypeError, self.Protocol, *good, 0)
            for i in range(2, 7):
                for bad in NO_INTS:
                    args = list(good)
                    args[i] = bad
                    self.assertRaises(TypeError, self.Protocol, *args)
                for bad in (-1, -(1 << 29)):
                    args = list(good)
                    args[i] = bad
                    self.assertRaises(ValueError, self.Protocol, *args)
            for bad in (5, 'x', b'x', [], object):
                args = (bad,) + good[1:]
                self.assertRaises((TypeError, OSError, AttributeError), self.Protocol, *args)
            self.Protocol(Stream(), None, True, 1 << 40, 1 << 70, 1 << 30, 1 << 31)

        run(main())

    def test_without_a_stream(self):
        """As after abort()."""

        async def main():
            for _ in range(40):
                p = self.Protocol(None, None, 200, 100, 0, 0, 0)
                self.assertIs(p.read(-1, None), False)
                self.assertEqual((p.event, p.locked), (END, 0))
                self.assertRaises(OSError, p.write, 'x', None)
                self.assertRaises(OSError, p.flush)
                self.assertIs(p.drain(), True)
                await p.wait()
                p.abort()

        run(main())

    def test_read(self):
        async def main():
            p = connection(self.Protocol, Stream(frame(TEXT, 'x')), limit=3)
            for bad in NO_INTS:
                self.assertRaises(TypeError, p.read, bad, None)
            for args in ((), (-1,), (-1, None, 0)):
                self.assertRaises(TypeError, p.read, *args)
            self.assertEqual(p.read(True, None), 'x')
            for limit in (1 << 30, 1 << 31, 1 << 40, 1 << 70):
                p = connection(self.Protocol, Stream(frame(TEXT, 'x' * 9)), limit=3)
                self.assertEqual(p.read(limit, None), 'x' * 9)

        run(main())

    def test_the_number_of_arguments(self):
        p = connection(self.Protocol, Stream())
        for name, count in (
            ('write', 2),
            ('flush', 0),
            ('wait', 0),
            ('register', 0),
            ('drain', 0),
            ('schedule', 0),
            ('abort', 0),
        ):
            method = getattr(p, name)
            self.assertRaises(TypeError, method, *([0] * (count + 1)))
            if count:
                self.assertRaises(TypeError, method, *([0] * (count - 1)))

    def test_attributes(self):
        p = connection(self.Protocol, Stream())
        self.assertRaises(AttributeError, getattr, p, 'nothing')
        for value in (True, 1, False, 0):
            p.poll = value
            self.assertEqual(bool(p.poll), bool(value))

    # a stream that misbehaves

    def test_a_stream_that_returns_too_much(self):
        async def main():
            for n in (161, 1000, 1 << 29, -5, -(1 << 29)):
                for incoming in (b'', frame(BINARY, pattern(1000))[:300]):
                    stream = Stream(incoming)
                    p = connection(self.Protocol, stream)
                    if incoming:
                        p.read(-1, None)
                        n *= 2  # more than is missing
                    stream.hook = lambda buf, n=n: n if n < 0 else n + len(buf)
                    self.assertRaises(OSError, p.read, -1, None)
                    self.assertRaises(OSError, p.write, 'x', None)
                    self.assertRaises(OSError, p.write, pattern(5000), None)
                    self.assertRaises(OSError, p.drain)

        run(main())

    def test_a_stream_that_returns_something_else(self):
        async def main():
            for odd in ('x', b'x', [], 1.5):
                stream = Stream()
                p = connection(self.Protocol, stream)
                stream.hook = lambda buf, odd=odd: odd
                self.assertRaises(TypeError, p.read, -1, None)
                self.assertRaises(TypeError, p.write, 'x', None)

        run(main())

    def test_a_stream_that_raises(self):
        async def main():
            for error in (OSError(5), ValueError(), MemoryError()):

                def hook(buf, error=error):
                    raise error

                for n in (0, 5, 300):
                    stream = Stream(frame(BINARY, pattern(1000))[:n])
                    p = connection(self.Protocol, stream)
                    if n:
                        self.assertIs(p.read(-1, None), False)
                    stream.hook = hook
                    self.assertRaises(type(error), p.read, -1, None)
                    self.assertRaises(type(error), p.write, b'x', PING)
                    stream.hook = None
                    if isinstance(error, OSError) or n:
                        continue
                    stream.feed(frame(TEXT, 'on'))
                    self.assertEqual(await receive(p), 'on')  # it is as it was

        run(main())

    def test_a_stream_that_calls_the_protocol(self):
        async def main():
            stream = Stream(frame(TEXT, 'x') * 3)
            p = connection(self.Protocol, stream)
            raised = []

            def hook(buf):
                hook, stream.hook = stream.hook, None
                for call in (
                    lambda: p.read(-1, None),
                    lambda: p.read(-1, bytearray(9)),
                    lambda: p.write('x', None),
                    p.flush,
                    p.wait,
                    p.drain,
                    p.schedule,
                ):
                    try:
                        call()
                        raised.append(None)
                    except Exception as exc:
                        raised.append(type(exc))
                stream.hook = hook
                return None

            stream.hook = hook
            self.assertIs(p.read(-1, None), None)
            stream.hook = None
            await p
            self.assertEqual(p.read(-1, None), 'x')
            stream.hook = hook
            p.write('a', PING)  # which is not corked
            stream.hook = None
            self.assertEqual(raised, [RuntimeError] * 14)
            p.flush()
            self.assertEqual(stream.sent, b'\x89\x01a')
            self.assertEqual(p.read(-1, None), 'x')

        run(main())

    def test_a_stream_that_aborts_the_protocol(self):
        async def main():
            for incoming in (b'', frame(BINARY, pattern(1000))[:300]):
                stream = Stream(incoming)
                p = connection(self.Protocol, stream)
                if incoming:
                    p.read(-1, None)

                def hook(buf, p=p):
                    p.abort()
                    buf[:1] = b'\x81'
                    return 1

                stream.hook = hook
                try:
                    self.assertIs(p.read(-1, None), False)
                except OSError:
                    pass
                self.assertIs(p.read(-1, None), False)
                self.assertRaises(OSError, p.write, 'x', None)

        run(main())

    # what runs Python code where a C function does not expect it

    def test_an_int_that_changes_the_buffer(self):
        async def main():
            buffer = bytearray(100)
            stream = Stream(frame(BINARY, pattern(300)))
            p = connection(self.Protocol, stream)

            def grow():
                try:
                    buffer.extend(bytes(5000))
                except Exception:  # CPython refuses it
                    pass

            try:
                p.read(Int(grow, 1000), buffer)
            except TypeError:
                pass
            while p.event != BINARY:
                if p.read(-1, buffer) is None:
                    await p
            try:
                p.write(buffer, Int(grow, BINARY))
            except TypeError:
                pass

        run(main())

    def test_a_stream_that_changes_the_buffer(self):
        async def main():
            for size in (10, 100, 600):
                buffer = bytearray(size)
                stream = Stream(frame(BINARY, pattern(1000)))
                p = connection(self.Protocol, stream)

                def hook(buf, buffer=buffer, stream=stream):
                    try:
                        buffer.extend(bytes(300))
                    except Exception:  # CPython refuses it
                        pass
                    n = min(len(buf), len(stream.incoming), 50)
                    buf[:n] = stream.incoming[:n]
                    stream.incoming = stream.incoming[n:]
                    return n or None

                stream.hook = hook
                got = 0
                for _ in range(200):
                    p.poll = True
                    n = p.read(-1, buffer)
                    if n is None:
                        await p
                    elif n is not False:
                        self.assertTrue(n <= len(buffer))
                        got += n
                        if p.event == BINARY:
                            break
                self.assertEqual(got, 1000)

        run(main())

    def test_a_stream_that_cuts_the_buffer(self):
        """While it reads to it: nothing is written behind it, and what was read is lost."""

        async def main():
            if sys.implementation.name != 'micropython':
                return  # nothing can be resized while it is read to
            for size in (0, 20, 200):
                buffer = bytearray(600)
                data = frame(BINARY, pattern(1000))
                stream = Stream(data[:50])
                p = connection(self.Protocol, stream)
                self.assertIs(p.read(-1, buffer), False)  # MORE
                stream.feed(data[50:])
                junk = []

                def hook(buf, size=size, buffer=buffer, stream=stream, junk=junk):
                    stream.hook = None
                    n = stream.readinto(buf)
                    buffer[size:] = b''
                    junk.extend(bytearray(b'junk' * 8) for _ in range(30))
                    return n

                stream.hook = hook
                self.assertRaises(ValueError, p.read, -1, buffer)
                self.assertEqual(junk, [b'junk' * 8] * 30)
                for into in (bytearray(9), buffer, None):
                    self.assertIs(p.read(-1, into), False)
                    self.assertEqual(p.event, END)
                self.assertIs(p.drain(), True)
                self.assertEqual(junk, [b'junk' * 8] * 30)

        run(main())

    def test_a_stream_that_cuts_the_buffer_while_it_writes(self):
        """What is corked goes out before the next read."""

        async def main():
            if sys.implementation.name != 'micropython':
                return
            for size in (0, 20, 400):
                buffer = bytearray(600)
                stream = Stream(frame(TEXT, 'x') + frame(BINARY, pattern(1000)))
                p = connection(self.Protocol, stream)
                p.poll = True
                self.assertEqual(p.read(-1, None), 'x')
                self.assertEqual(p.write('reply', None), 2)  # CORKED
                junk = []

                def hook(buf, size=size, buffer=buffer, stream=stream, junk=junk):
                    stream.hook = None
                    buffer[size:] = b''
                    junk.extend(bytearray(b'junk' * 8) for _ in range(30))
                    return len(buf)

                stream.hook = hook
                got = 0
                for _ in range(99):
                    try:
                        got += p.read(-1, buffer)
                    except ValueError:  # it is shorter than what is in it
                        self.assertTrue(size < 150)
                        buffer.extend(bytes(600 - size))
                    if p.event == BINARY:
                        break
                self.assertEqual((got, junk), (1000, [b'junk' * 8] * 30))

        run(main())

    def test_read_buffers_of_two_sizes(self):
        """A buffer that a connection has written with is not for one that has larger ones."""

        async def main():
            data = frame(BINARY, pattern(900))
            stream = Stream()
            p = connection(self.Protocol, stream)
            junk = [bytearray(b'junk' * 8) for _ in range(30)]
            others = []

            def hook(buf):
                stream.hook = None
                others.append(connection(self.Protocol, Stream(data[:5]), 1000))
                self.assertIs(others[0].read(-1, None), False)
                return len(buf)

            stream.hook = hook
            p.write('x', None)
            for _ in range(2):
                others.append(connection(self.Protocol, Stream(data), 1000))
                self.assertEqual(await receive(others[-1]), pattern(900))
            self.assertEqual(junk, [b'junk' * 8] * 30)

        run(main())

    def test_a_key_that_changes_the_payload(self):
        async def main():
            for change in (lambda data: data.extend(bytes(2000)), lambda data: data.clear()):
                data = bytearray(pattern(300))

                def urandom(n, data=data, change=change):
                    try:
                        change(data)
                    except Exception:  # CPython refuses it, MicroPython has no clear()
                        pass
                    return b'abcd'

                stream = Stream()
                p = client(self.Protocol, stream, 160, urandom)
                p.write(data, None)
                self.assertEqual(stream.sent[0], 0x82)

        run(main())

    def test_a_payload_that_changes_its_length(self):
        async def main():
            if sys.implementation.name != 'micropython':
                return  # nothing can be resized while it is sent
            for change in (lambda data: data.extend(bytes(5000)), None):
                data = bytearray(pattern(3000))
                stream = Stream()
                p = connection(self.Protocol, stream)
                stream.give_room(500)
                p.write(data, None)
                if change:
                    change(data)
                else:
                    data[100:] = b''
                stream.give_room(None)
                self.assertRaises((OSError, ValueError), p.flush)

        run(main())

    def test_event_of_a_message_in_progress(self):
        async def main():
            p = connection(self.Protocol, Stream(frame(TEXT, 'x' * 100)[:50]))
            self.assertIs(p.read(-1, None), False)
            self.assertEqual((p.event, p.opcode, p.data), (MORE, TEXT, None))

        run(main())
