"""An owner of ws_protocol.c, or of its twin core/rules.py, which has the same fields: it gives them
no byte more than ws_protocol.h demands, and looks after each call at what has to hold."""

from frames import BINARY, CLOSE, TEXT

IDLE, MORE, ROOM, FULL = 0, -1, -2, -3  # what ws_next() returns besides opcodes and errors
ERRORS = {
    'RSV': -10,
    'OPCODE': -11,
    'MASK': -12,
    'LENGTH': -13,
    'CONTROL': -14,
    'NESTED': -15,
    'CONT': -16,
    'CLOSE': -17,
    'UTF8': -18,
    'FRAGMENTS': -19,
    'TOO_BIG': -20,
    'MEMORY': -21,
}
OWN, BUFFER, SKIP = range(3)  # sinks
COMPRESSED = 0x40  # RSV1, added to the opcode of an event
BUFFER_MIN = 139
ROOMY = 1 << 20  # a limit that is the largest that Core has memory for


class Owner:
    """A connection: it reads, gives room and takes what has come, as ws_protocol.h says."""

    def __init__(
        self, core, client=False, rsv1=False, buffer_size=BUFFER_MIN, least=None, **fields
    ):
        self.buffer_size = buffer_size
        self.least = least or buffer_size  # bytes that are worth a read straight to the message
        self.rooms = []  # bytes of memory that were asked for
        self.piece = None  # the size of the buffer that messages go to, if they do
        self.skipping = False
        fields = {'limit': ROOMY, 'compressed_limit': ROOMY, **fields}
        self.state = core.state(client, rsv1, **fields)

    def into(self, size):
        """Messages that begin from now on go into a buffer of this size; None: into memory of
        their own. Not while one is in progress that is not skipped."""
        self.piece = size
        self.state.next_sink = OWN if size is None else BUFFER
        self.give_buffer()

    def give_buffer(self):
        if self.piece is not None:
            self.state.msg = self.state.put_message(b'\xee' * self.piece)
            self.state.room, self.state.size = self.piece, 0

    def skip(self):
        """Check and drop the message in progress; its memory goes once no bytes are read to it."""
        self.state.sink = SKIP
        self.skipping = True
        if not self.state.arrived:
            self.drop()

    def drop(self):
        self.skipping = False
        self.state.msg, self.state.room, self.state.size = None, 0, 0
        self.give_buffer()

    def read(self, data, to_buf=False):
        """Take some of what comes, in a read of its own; how many bytes."""
        state = self.state
        n = 0 if to_buf else min(state.direct(self.least), len(data))
        if n:
            state.write(state.msg, state.size, bytes(data[:n]))
            state.arrived = n
            return n
        kept = self.buffered()
        n = min(self.buffer_size - len(kept), len(data))
        assert n, 'there must be room for more'
        state.buf = state.put_arrived(kept + data[:n])
        state.start, state.end = 0, len(kept) + n
        return n

    def buffered(self):
        state = self.state
        return state.get(state.buf, state.start, state.end - state.start)

    def next(self):
        """What ws_next() returns, with all the memory that it asks for."""
        while True:
            event = self.state.next()
            if self.skipping:
                self.drop()
            self.check(event)
            if event != ROOM:
                return event
            self.give_room(self.state)

    def give_room(self, state):
        kept = state.get(state.msg, 0, state.size)
        state.msg = self.state.put_message(kept + b'\xee' * (state.total - state.size))
        state.room = state.total
        self.rooms.append(state.total)

    def check(self, event):
        """What holds after each call."""
        state = self.state
        assert event in (*range(3), 8, 9, 10, *range(-3, 0), *range(-20, -9))
        assert state.start <= state.end
        assert not state.arrived
        assert state.sink == SKIP or state.size <= max(state.room, state.total)
        if event in (IDLE, MORE):
            assert state.end - state.start < BUFFER_MIN  # so that more can be read
        if event == ROOM:
            assert state.sink == OWN and state.room < state.total
            assert state.total <= max(state.limit, state.compressed_limit)
        if event == FULL and not state.hold:
            assert state.sink == BUFFER and state.size == state.room and state.left

    def taken(self, event):
        """(the event, what comes with it), which is then let go; (the event,) for an error."""
        state = self.state
        data = state.payload(event) if event >= CLOSE else None
        if event in (TEXT, BINARY, FULL):
            data = state.taken_message()
            event |= COMPRESSED if state.compressed else 0
            if state.sink == OWN:
                state.msg, state.room = None, 0
                self.give_buffer()
            state.size = 0
        if state.start == state.end:
            state.buf = None  # the owner may have given it away
        return (event,) if event < FULL else (event, data)

    def discard(self):
        return self.state.discard()
