"""What the extension sends after the call has returned, and what runs before that.
On CPython with the extension only."""

import pytest
from extension_connection import calling_back, opened
from frames import PING, TEXT, frame, parse, pattern
from memory_stream import run
from scripted_stream import END, client, connection, flush

CORKED = 2  # what Protocol.write() returns


def test_writing_to_memory_that_changes():
    async def main():
        for kind in (connection, client):
            p, _, peer = opened(kind=kind)
            peer.give_room(100)
            data = bytearray(pattern(50000))
            assert p.write(data, None)
            data[:] = bytes(50000)
            del data
            peer.give_room(None)
            await flush(p)
            assert parse(peer.sent, kind is client) == [(0x82, pattern(50000))]

    run(main())


def over(method):
    """(protocol, asyncio's transport that calls back) with a message that is corked."""
    p, transport, asyncios = calling_back(method)
    transport.feed(frame(TEXT, 'x') * 2)
    assert p.read(-1, None) == 'x'
    assert p.write('a' * 3000, None) == CORKED
    return p, asyncios


METHODS = 'is_closing', 'get_write_buffer_size', 'write'


def test_abort_while_it_writes():
    """As a finalizer or another thread may do: what is being sent stays in memory."""

    async def main():
        for method in METHODS:
            for call in (lambda p: p.flush(), lambda p: p.write(bytes(9), PING)):
                p, asyncios = over(method)
                junk = []

                def hook(p=p, junk=junk):
                    p.abort()
                    junk.extend(bytes([0xDB]) * n for n in range(16000, 16800, 16))

                asyncios.hook = hook
                call(p)
                assert asyncios.sent[0] == frame(TEXT, 'a' * 3000, key=None)
                assert junk
                assert (p.read(-1, None), p.event, p.locked) == (False, END, 0)
                with pytest.raises(OSError):
                    p.flush()

    run(main())


def test_calls_while_it_writes():
    async def main():
        for method in METHODS:
            p, asyncios = over(method)
            raised = []

            def hook(p=p, raised=raised):
                for call in (p.flush, p.wait, p.drain, p.schedule, p.register):
                    raised.append(pytest.raises(RuntimeError, call).type)
                for args in (('x', None), (bytes(60000), PING)):
                    raised.append(pytest.raises(RuntimeError, p.write, *args).type)
                for buffer in (None, bytearray(9)):
                    raised.append(pytest.raises(RuntimeError, p.read, -1, buffer).type)

            asyncios.hook = hook
            p.flush()
            assert len(raised) == 9
            assert asyncios.sent == [frame(TEXT, 'a' * 3000, key=None)]
            assert p.read(-1, None) == 'x'

    run(main())
