"""A connection of the extension for CPython, over memory."""

import asyncio

from _wscodec import Protocol, Transport
from memory_stream import open_pair
from microdot_websocket.transport.native import NativeTransport
from scripted_stream import connection

SIZE = 16384  # of the read buffer


def opened(size=SIZE, kind=connection):
    """(protocol, transport, peer)"""
    reader, writer, peer = open_pair()
    peer.writer = writer  # which closes the transport when nobody has it
    transport = NativeTransport(reader, writer)
    return kind(Protocol, transport, size), transport, peer


def outside(function, *args):
    """Have the event loop call a function, and no task: as it does when bytes come."""
    asyncio.get_running_loop().call_soon(function, *args)


class Asyncio:
    """Its transport, of which this method calls `hook`, once."""

    def __init__(self, method):
        self.method = method
        self.hook = None
        self.sent = []

    def called(self, method):
        if method == self.method and self.hook:
            hook, self.hook = self.hook, None
            hook()

    def is_closing(self):
        self.called('is_closing')
        return False

    def get_write_buffer_size(self):
        self.called('get_write_buffer_size')
        return 0

    def write(self, data):
        self.called('write')
        self.sent.append(bytes(data))

    def pause_reading(self):
        pass

    def resume_reading(self):
        self.called('resume_reading')


class Direct(Transport):
    """The C half of a connection's transport, with little of the other."""

    joins, masked, unsent = 1 << 16, True, 0

    def abort(self):
        pass


def calling_back(method):
    """(protocol, transport, asyncio's transport, whose method calls back)"""
    asyncios, transport = Asyncio(method), Direct()
    transport.open(asyncios, asyncio.get_running_loop(), -1)
    return connection(Protocol, transport, SIZE), transport, asyncios
