"""The numbers of the protocol, in one place. Modules that a board imports repeat those that they
use, with an underscore: so they take no memory there, and no look-up."""

from . import const
from .sending import write_header

if False:  # for type checkers alone
    from .._types import Data

# Opcodes, section 5.2
CONT = const(0)
TEXT = const(1)
BINARY = const(2)
CLOSE = const(8)
PING = const(9)
PONG = const(10)

# Events of Protocol.read() and Rules.next() besides these opcodes. Twins: ws_protocol.h and EV_END
# and so on in mod_wscodec.c
IDLE = const(0)  # more bytes are needed; nothing has begun
MORE = const(-1)  # more bytes are needed; a frame has begun
ROOM = const(-2)  # of Rules only: the message needs memory
FULL = const(-3)  # the application's buffer is full, and more follows
END = const(-4)  # the stream has ended
BLOCKED = const(-5)  # corked frames have to be flushed before the task may wait
WOKEN = const(-6)  # schedule() was called, or another task has taken the reading over

# The peer broke a rule. What a Close has to tell it: error() in rules.py
ERR_RSV = const(-10)
ERR_OPCODE = const(-11)
ERR_MASK = const(-12)
ERR_LENGTH = const(-13)
ERR_CONTROL = const(-14)
ERR_NESTED = const(-15)
ERR_CONT = const(-16)
ERR_CLOSE = const(-17)
ERR_UTF8 = const(-18)
ERR_FRAGMENTS = const(-19)
ERR_TOO_BIG = const(-20)
ERR_MEMORY = const(-21)

# What Protocol.write() returns if it is not None. Twin: the enum in mod_wscodec.c
YIELD = const(1)  # the system has it, and it is other tasks' turn
CORKED = const(2)  # it is the first in the cork: flush at the event loop's next turn
WAITS = const(3)  # it was taken, and a part of it waits for flush()
UNREAD = const(5)  # nobody has read since the write before
BUSY = const(4)  # it was not taken: an earlier frame waits

#: The longest payload and the longest message, in bytes. Twin: WS_LENGTH_MAX in ws_core.h
LENGTH_MAX = const(0x3FFFFFFF)

#: The smallest read buffer, in bytes, into which a control frame fits: 14 of header, 125 of
#: payload. Twin: WS_BUFFER_MIN in ws_protocol.h
BUFFER_MIN = const(139)


def encode_frame(opcode: int, payload: 'Data') -> bytes:
    """A whole unmasked frame with FIN, bytes.

    :param payload: str, of which the UTF-8 is sent, or bytes, bytearray or memoryview.
    """
    if isinstance(payload, str):
        payload = payload.encode()
    return write_header(0x80 | opcode, len(payload), b'') + payload
