"""What an end must make of a stream of frames, written plainly from RFC 6455, and from RFC 7692
where messages may be compressed: the whole stream at once, with no state between two looks at it.
"""

from collections import namedtuple

from frames import BINARY, CLOSE, CONT, PING, PONG, TEXT

from . import reference

OPCODES = CONT, TEXT, BINARY, CLOSE, PING, PONG

#: start: of the frame in the stream, end: of its payload; payload: as much of it as there is.
Frame = namedtuple('Frame', 'start size fin rsv opcode masked length payload end')

#: What an end is told: whether its peer is a client, whether there may be compressed messages.
Role = namedtuple('Role', 'from_client rsv1', defaults=(True, False))

#: limit: bytes of a message, compressed_limit: of one that is compressed.
Limits = namedtuple('Limits', 'limit max_fragments compressed_limit', defaults=(0, 0))

#: opcode and rsv: of its first frame, start: of that in the stream; data and fragments: up to now.
Message = namedtuple('Message', 'opcode rsv start data fragments')

RSV1 = 4
COMPRESSED = 0x40  # added to the opcode of a message with RSV1

#: events: (opcode, data) pairs.
#: codes: the close codes one of which an error must have, none if there is no error.
#: at: where in the stream the frame begins that is refused or not yet complete.
#: missing: bytes until its end, if it is not; None if they cannot be known.
Outcome = namedtuple('Outcome', 'events codes at missing')


def frame_at(stream, start):
    """The frame that begins there, or None while its header is incomplete."""
    header = reference.parse_header(stream[start : start + 14])
    if not header:
        return None
    size, first, masked, length, key = header
    end = start + size + length
    payload = reference.unmask(stream[start + size : end], key)
    fin, rsv, opcode = first >> 7, first >> 4 & 7, first & 15
    return Frame(start, size, fin, rsv, opcode, masked, length, payload, end)


def is_skipped(message, skips, at):
    """Whether there was a skip while the message was in progress, up to a place in the stream."""
    return bool(message) and any(message.start < skip <= at for skip in skips)


def refusals(frame, message, limits, role, skips):
    """The close codes for what is wrong in a frame's header; if several are, any will do.
    message: the Message that it would go on with, or None."""
    shortest = 2 if frame.length < 126 else 4 if frame.length < 65536 else 10
    wrong = (
        frame.rsv not in ((0, RSV1) if role.rsv1 else (0,))  # 5.2
        or (frame.rsv and frame.opcode not in (TEXT, BINARY))  # RFC 7692, 6.1
        or frame.opcode not in OPCODES
        or frame.masked != role.from_client  # 5.1
        or frame.size - 4 * frame.masked != shortest  # 5.2: "the minimal number of bytes"
        or (frame.opcode >= CLOSE and (not frame.fin or frame.length > 125))  # 5.5
        or (frame.opcode in (TEXT, BINARY) and message)  # 5.4
        or (frame.opcode == CONT and not message)  # 5.4
    )
    codes = {1002} if wrong else set()
    if frame.length > reference.MAX_LENGTH:
        codes.add(1009)
    if frame.opcode < CLOSE:
        _, rsv, _, so_far, fragments = message or Message(0, frame.rsv, 0, b'', 0)
        limit = limits.compressed_limit if rsv else limits.limit
        if len(so_far) + frame.length > limit and not is_skipped(message, skips, frame.start):
            codes.add(1009)
        if fragments + 1 > limits.max_fragments > 0:
            codes.add(1008)
    return codes


def may_be_sent(code):
    """Section 7.4 and the registry that it founds, at the time of writing."""
    return code in range(3000, 5000) or code in (*range(1000, 1004), *range(1007, 1015))


def of_close(payload):
    """((code, reason), the close codes for what is wrong with it): 5.5.1 and 7.1.5."""
    if not payload:
        return (1005, ''), set()
    code = int.from_bytes(payload[:2], 'big')
    codes = set() if len(payload) > 1 and may_be_sent(code) else {1002}
    if reference.utf8(payload[2:]):
        codes.add(1007)
    return (code, payload[2:].decode(errors='replace')), codes


def content(frame, message, whole):
    """(what the event brings with it, the close codes for what is wrong in it)"""
    if frame.opcode == CLOSE:
        return of_close(frame.payload) if whole else (None, set())
    if frame.opcode >= CLOSE:
        return frame.payload if frame.opcode == PING else None, set()
    if message.opcode == BINARY or message.rsv:
        return message.data, set()
    state = reference.utf8(message.data)
    wrong = state < 0 or (state and whole and frame.fin)  # 8.1
    return message.data.decode(errors='replace'), {1007} if wrong else set()


def outcome(stream, limits_after, role, skips=()):
    """limits_after(n): the Limits that are set once there have been n events.
    skips: places in the stream; what was in progress there is checked, but has no limit and is no
    event."""
    events = []
    message = None
    at = 0
    while True:
        frame = frame_at(stream, at)
        if not frame:
            return Outcome(events, set(), at, None if at < len(stream) else 0)
        codes = refusals(frame, message, limits_after(len(events)), role, skips)
        whole = frame.end <= len(stream)
        if not codes:
            if frame.opcode < CLOSE:
                message = message or Message(frame.opcode, frame.rsv, at, b'', 0)
                message = message._replace(
                    data=message.data + frame.payload, fragments=message.fragments + 1
                )
            data, codes = content(frame, message, whole)
        if codes or not whole:
            return Outcome(events, codes, at, frame.end - len(stream))
        at = frame.end
        if frame.opcode >= CLOSE:
            events.append((frame.opcode, data))
        elif frame.fin:
            if not is_skipped(message, skips, at):
                events.append((message.opcode | (COMPRESSED if message.rsv else 0), data))
            message = None
        if frame.opcode == CLOSE:
            return Outcome(events, set(), at, 0)


def has_close(stream, at):
    """Whether there is a Close among the frames from there, whatever else is wrong with them."""
    while True:
        frame = frame_at(stream, at)
        if not frame or frame.length > reference.MAX_LENGTH:
            return False
        if frame.opcode == CLOSE:
            return True
        at = frame.end
