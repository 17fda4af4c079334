"""What a Protocol on MicroPython has around it, in the hands of a script: its stream, and asyncio's
queues. Runs on MicroPython."""

import io
from binascii import crc32

READ, WRITE = 0, 1
POLLIN, POLLOUT = 1, 4


class Wire(io.IOBase):
    """A stream. The script says how much of `data` has arrived, in which pieces, and how much may
    be written, whatever the sizes of the calls are."""

    def __init__(self, data):
        self.data = data
        self.at = 0
        self.pieces = []  # of what has arrived: sizes, each for a read of its own
        self.at_end = False
        self.room = 0  # bytes
        self.sent = 0, 0  # how many bytes, their checksum
        self.is_full = False  # by what the same call has written, in how many pieces it likes
        self.error = 0  # what reads and writes end with, if nothing else is to be had
        self.odd = None  # what the next one returns instead
        self.has_raised = False
        self.hook = None  # what the next one calls first

    def called(self):
        hook, self.hook = self.hook, None
        if hook:
            hook()
        odd, self.odd = self.odd, None
        self.has_raised = self.has_raised or isinstance(odd, (str, bytes))  # the caller does
        return odd

    def fail(self):
        self.has_raised = True
        raise OSError(self.error)

    def readinto(self, buf):
        odd = self.called()
        if odd is not None:
            return odd
        left = len(self.data) - self.at
        if not self.pieces or not left:
            if self.error:
                self.fail()
            return 0 if self.at_end else None
        n = min(len(buf), self.pieces[0], left)
        self.pieces[0] -= n
        if not self.pieces[0]:
            self.pieces.pop(0)
        buf[:n] = self.data[self.at : self.at + n]
        self.at += n
        return n

    def write(self, buf):
        odd = self.called()
        if odd is not None:
            return odd
        n = min(len(buf), self.room)
        if not n and self.error and not self.is_full:
            self.fail()
        self.room -= n
        self.is_full = not self.room
        self.sent = self.sent[0] + n, crc32(buf[:n], self.sent[1])
        return n or None

    def ioctl(self, op, arg):
        return 0


class Task:
    def __init__(self, name):
        self.name = name
        self.data = None  # the queue that it is in


class Poller:
    def __init__(self):
        self.flags = {}

    def register(self, stream, flags):
        self.flags[id(stream)] = flags

    def unregister(self, stream):
        del self.flags[id(stream)]


class IOQueue:
    """As extmod/asyncio/core.py has it."""

    def __init__(self, tasks):
        self.map = {}
        self.poller = Poller()
        self.tasks = tasks

    def remove(self, task):
        for key, entry in list(self.map.items()):
            if entry[READ] is task or entry[WRITE] is task:
                del self.map[key]
                self.poller.unregister(entry[2])

    def ready(self, stream, directions):
        """The stream can be read, written, or both: the tasks that wait for that are to run."""
        entry = self.map.get(id(stream))
        if not entry:
            return
        for direction in directions:
            if entry[direction] is not None:
                self.tasks.push(entry[direction])
                entry[direction] = None
        flags = (entry[READ] and POLLIN or 0) | (entry[WRITE] and POLLOUT or 0)
        if flags:
            self.poller.register(stream, flags)
        else:
            del self.map[id(stream)]
            self.poller.unregister(stream)

    def seen(self, stream):
        """(the tasks that wait for the stream, the flags with which it is polled)"""
        entry = self.map.get(id(stream), (None, None))
        names = [task and task.name for task in entry[:2]]
        return names, self.poller.flags.get(id(stream))


class TaskQueue:
    def __init__(self):
        self.ran = []

    def push(self, task):
        task.data = None
        self.ran.append(task.name)
