"""The cases of natmod_vs_twin.py: what two connections receive, and a script of calls. Runs on
MicroPython."""

import random

from frames import BINARY, CLOSE, CONT, KEY, PING, PONG, TEXT, frame, header, pattern

HUGE = 1 << 70
NO_NUMBERS = None, 'x', 1.5, []
NO_BUFFERS = 5, 'abc', b'abc', memoryview(b'abc'), bytearray(0), [1, 2]
NO_PAYLOADS = None, 5, [1], 1.5
OPCODES = 0, 1, 2, 8, 9, 10, 0x80, 0x81, 0x82, 0x41, 0xC2
BAD_OPCODES = 3, 7, 11, 15, 0x20, 0x88, 0x49, 256, 0x181, -1, -128, HUGE, -HUGE, True, 'x', 1.5
ERRNOS = 5, 11, 32, 104, 110
ODD = -1, -11, -104, 1 << 20, 'x', b''
CALLS = (
    ('flush',),
    ('wait',),
    ('register',),
    ('drain',),
    ('schedule',),
    ('abort',),
    ('lengthen', 5),
    ('lengthen', 5000),
    ('read', -1, None),
    ('write', 'x', None),
)

#: The buffers for messages, and the payloads to be sent: what makes a new object of each.
BUFFERS = (
    lambda: bytearray(20),
    lambda: bytearray(300),
    lambda: memoryview(bytearray(90)),
    lambda: memoryview(bytearray(pattern(60)))[7:19],
)
PAYLOADS = (
    lambda: 'text',
    lambda: 'h\xe9\u20ac' * 60,
    lambda: '',
    lambda: b'bytes',
    lambda: pattern(125),
    lambda: pattern(126),
    lambda: bytearray(pattern(200)),
    lambda: bytearray(pattern(497)),
    lambda: pattern(498),
    lambda: pattern(499),
    lambda: memoryview(bytearray(pattern(700)))[3:690],
    lambda: bytearray(pattern(1500)),
    lambda: pattern(66000),
)


def one_in(n):
    return random.randrange(n) == 0


def some(n):
    """A number up to n, mostly a small one."""
    return random.randrange(n + 1) if one_in(3) else random.randrange(min(n, 20) + 1)


def a_message(key, rsv1):
    opcode = random.choice((TEXT, BINARY))
    n = some(700)
    data = ('a\xe9\u20ac' * n).encode()[: n // 6 * 6] if opcode == TEXT else pattern(n)
    rsv = 4 if rsv1 and one_in(4) else 0
    if one_in(12):
        data = data + b'\xff'
    stream = b''
    while one_in(3):
        cut = some(len(data))
        stream += frame(opcode, data[:cut], False, key, rsv)
        data, opcode, rsv = data[cut:], CONT, 0
        if one_in(2):
            stream += frame(PING, pattern(some(125)), True, key)
    return stream + frame(opcode, data, True, key, rsv)


def a_defect(key):
    return random.choice(
        (
            frame(CLOSE, b'\x03\xe8bye', True, key),
            frame(CLOSE, b'', True, key),
            frame(CLOSE, bytes([3, random.randrange(256)]) + b'\xc3', True, key),
            frame(random.randrange(16), b'abc', bool(random.getrandbits(1)), key),
            frame(BINARY, b'abc', True, key, random.randrange(8)),
            frame(BINARY, b'abc', True, None if key else KEY),
            frame(BINARY, b'abc', True, key, 0, random.choice((16, 64))),
            header(BINARY, 1 << random.choice((0, 9, 16, 29, 30, 31, 32, 63)), True, key),
            pattern(some(30)),
        )
    )


def a_stream(is_client, rsv1):
    key = None if is_client else KEY
    parts = []
    for _ in range(random.randrange(1, 9)):
        if one_in(16):
            parts.append(a_defect(key))
        elif one_in(4):
            parts.append(frame(random.choice((PING, PONG)), pattern(some(125)), True, key))
        else:
            parts.append(a_message(key, rsv1))
    return b''.join(parts)


def some_options():
    """The arguments of Protocol but for the stream; first, whether it is a client."""
    size = random.choice((0, 139, 160, 300, 700))
    limit = random.choice((0, 100, 300, 1 << 20, 1 << 20, 1 << 20, 1 << 20))
    compressed = random.choice((0, 100, 1 << 20))
    held = random.choice((0, 100, 500, 1 << 20, 1 << 20))
    return one_in(3), size, limit, random.choice((0, 0, 2, 50)), compressed, held


def a_limit():
    if one_in(25):
        return random.choice(NO_NUMBERS + (HUGE, True, False))
    return random.choice((-1, -1, -1, -5, 0, 0, 1 << 20, 10))


def a_read():
    buffer = (random.choice((None, None, None, False)),)
    if one_in(3):
        buffer = random.randrange(len(BUFFERS))
    elif one_in(40):
        buffer = (random.choice(NO_BUFFERS),)
    return 'read', a_limit(), buffer


def a_write():
    payload = random.randrange(len(PAYLOADS))
    if one_in(40):
        payload = (random.choice(NO_PAYLOADS),)
    if one_in(30):
        return 'write_on', payload, random.randrange(60)
    opcode = None if one_in(2) else random.choice(OPCODES)
    return 'write', payload, random.choice(BAD_OPCODES) if one_in(25) else opcode


def a_piece(buffer_size):
    """Of what arrives, for one read. Three bytes less than fit: the natmod begins two later."""
    return 1 + random.randrange(max(buffer_size, 139) - 3)


def an_event(buffer_size):
    """What happens around the protocol."""
    kind = random.randrange(16)
    if kind < 6:
        return 'arrive', [a_piece(buffer_size) for _ in range(random.choice((1, 1, 2, 50)))]
    if kind < 9:
        return 'give_room', random.choice((1, 3, 20, 200, 5000, 200_000))
    if kind < 11:
        return 'ready', random.choice(((0,), (1,), (0, 1)))
    if kind == 11:
        return 'current', random.randrange(3)
    if kind == 12:
        return 'cancel', random.randrange(2)
    if kind == 13:
        return 'resize', random.randrange(2), random.randrange(40)
    if kind == 14:
        return ('collect',)
    return rare_event()


def rare_event():
    kind = random.randrange(8)
    if kind == 0:
        return ('end',)
    if kind == 1:
        return 'fail', random.choice(ERRNOS)
    if kind == 2:
        return 'odd', random.choice(ODD)
    if kind < 5:
        return ('call_inside',) + random.choice(CALLS)
    return 'watch', one_in(2)


def a_call():
    kind = random.randrange(20)
    if kind < 8:
        return a_read()
    if kind < 13:
        return a_write()
    if kind < 15:
        return 'call', 'flush'
    if kind < 18:
        return 'call', 'wait'
    if kind == 18:
        return 'call', random.choice(('register', 'schedule'))
    return ('call', random.choice(('drain', 'abort'))) if one_in(6) else ('call', 'flush')


class Case:
    """Two connections, and what happens to them."""

    def __init__(self, n):
        random.seed(n)
        for _ in range(8):
            random.getrandbits(32)  # the first ones hardly differ from seed to seed
        self.options = [some_options() for _ in range(2)]
        self.streams = [a_stream(options[0], options[4]) for options in self.options]
        self.key = pattern(random.randrange(4, 99))[-4:]
        self.steps = [self.a_step() for _ in range(random.randrange(10, 80))]

    def a_step(self):
        """(which of the two, what, its arguments)"""
        i = int(one_in(4))
        name, *args = an_event(self.options[i][1]) if one_in(2) else a_call()
        return i, name, args


def bad_arguments(n):
    """Arguments for the constructor; one of them may be wrong."""
    random.seed(n)
    args = [None, None, 200, 1000, 0, 0, 0]
    if one_in(2):
        args[random.randrange(2, 7)] = random.choice(NO_NUMBERS + (-1, HUGE, True, 0, 1 << 31))
    if one_in(8):
        args = args[:-1] if one_in(2) else args + [0]
    return args
