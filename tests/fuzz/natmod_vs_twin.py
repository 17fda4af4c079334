"""The natmod and its Python twin in one MicroPython process, called with random arguments, bad ones
too:  natmod_vs_twin.py FIRST COUNT [trace]

Case n depends on n alone. Both must return the same, or raise the same type of exception, and leave
the same behind in what they were given. The last line is the number of cases.
"""

import random
import sys

import _wscodec
from microdot_websocket import _pycodec, codec

NO_INTS = None, '0', b'0', [], 1.0
NO_BUFFERS = None, 5, 'abcd', '', [1, 2, 3, 4], (1, 2), {}
POWERS = 7, 29, 30, 31, 32, 61, 62, 63, 64, 70
EDGES = b'\x7f\x80\x8f\x90\x9f\xa0\xbf\xc0\xc1\xc2\xdf\xe0\xe1\xed\xf0\xf1\xf4\xf5\xff'
TEXTS = b'a' * 9, 'é€😀'.encode(), b'\xed\xa0\x80', b'\xf4\x90\x80\x80', b'\xe0\x9f\xbf'


def one_in(n):
    return random.randrange(n) == 0


def some(n):
    """n bytes: of any kind, of text, or of those that text is made of."""
    kind = random.randrange(3)
    if kind == 0:
        seed = bytes([random.getrandbits(8) for _ in range(1 + random.randrange(12))])
    elif kind == 1:
        seed = b''.join([random.choice(TEXTS) for _ in range(1 + random.randrange(4))])
    else:
        seed = bytes([random.choice(EDGES) for _ in range(1 + random.randrange(12))])
    return (seed * (n // len(seed) + 1))[:n]


def length():
    return random.randrange(1300) if one_in(8) else random.randrange(24)


READ_ONLY = 'bytes', 'view of bytes'
WRITABLE = 'bytearray', 'view'


def in_a_buffer(data, bases, kinds=READ_ONLY + WRITABLE):
    """The data in some kind of buffer, or in a part of one; bases: what is compared afterwards."""
    kind = random.choice(kinds)
    if kind == 'bytes':
        return data
    if kind == 'bytearray':
        bases.append(bytearray(data))
        return bases[-1]
    before = random.randrange(9)
    base = b'\xa5' * before + data + b'\x5a' * random.randrange(9)
    if kind == 'view':
        base = bytearray(base)
        bases.append(base)
    return memoryview(base)[before : before + len(data)]


def some_int():
    kind = random.randrange(3)
    if kind == 0:
        return random.randrange(-3, 12)
    if kind == 1:
        return bool(random.getrandbits(1))
    power = 1 << random.choice(POWERS)
    return random.choice((power, -power)) + random.randrange(-3, 4)


def an_index(good):
    if not one_in(12):
        return good
    return random.choice(NO_INTS) if one_in(3) else some_int()


def a_range(data, bases, kinds=READ_ONLY + WRITABLE):
    """The first three arguments: mostly a buffer and a part of it."""
    start = random.randrange(len(data) + 1)
    end = start + random.randrange(len(data) - start + 1)
    if one_in(30):
        start, end = end, start
    start, end = an_index(start), an_index(end)
    if one_in(30):
        return [random.choice(NO_BUFFERS), start, end]
    return [in_a_buffer(data, bases, kinds), start, end]


def a_key(bases):
    if one_in(20):
        return random.choice(NO_BUFFERS)
    return in_a_buffer(some(random.randrange(7) if one_in(12) else 4), bases)


class OwnList(list):
    pass


def a_hdr(bases):
    key = a_key(bases) if one_in(3) else bytearray(some(4))
    items = [7, None, 'x', key]
    bases.append(items)
    if one_in(12):
        return random.choice((None, 5, tuple(items), {}, OwnList(items), items[1:], items + [0]))
    return items


def a_header():
    """Mostly the beginning of a frame."""
    size = random.choice((0, 0, 2, 8))
    second = {0: random.randrange(126), 2: 126, 8: 127}[size]
    length = some_int() if one_in(2) else random.getrandbits(30)
    data = bytes([random.getrandbits(8), second | random.choice((0, 128))])
    data += bytes([length >> 8 * i & 0xFF for i in range(size - 1, -1, -1)])
    data += some(random.randrange(12))
    return data[: random.randrange(len(data) + 1)] if one_in(4) else data


def parse_header(bases):
    data = a_header()
    whole = [in_a_buffer(data, bases), 0, len(data)]
    return (a_range(data, bases) if one_in(3) else whole) + [a_hdr(bases)]


def utf8(bases):
    return a_range(some(length()), bases) + [an_index(random.choice((0, random.randrange(8))))]


def unmask(bases):
    args = a_range(some(length()), bases, WRITABLE * 4 + READ_ONLY)
    return args + [a_key(bases), random.choice(NO_INTS) if one_in(15) else some_int()]


def extract(bases):
    args = unmask(bases)
    if one_in(2):
        args[3] = bytes(4)  # with any other key there is hardly a text
    return args[:4] + [random.choice((True, False, 0, 'x', None))]


def freeze(bases):
    text = random.choice((True, False, 0, 'x'))
    data = random.choice(TEXTS[:2]) * random.randrange(4) if text else some(length())
    size = len(data)
    buf = bytearray(data + some(random.randrange(3)))
    if one_in(8):
        size = random.choice(NO_INTS + (-1, len(buf), 1 << 31, 1 << 64))
    if one_in(20):
        buf = random.choice(NO_BUFFERS + (data, memoryview(data)))
    return [buf, size, text]


FUNCTIONS = parse_header, utf8, unmask, extract, freeze


def a_call():
    """(the function's name, its arguments, what else they show the bytes of)"""
    bases = []
    function = random.choice(FUNCTIONS)
    args = function(bases)
    if one_in(60):
        args = args[:-1] if one_in(2) else args + [0]
    return function.__name__, args, bases


def case(n):
    """The call of case n; the same each time, in objects of its own."""
    random.seed(n)
    for _ in range(8):
        random.getrandbits(32)  # the first ones hardly differ from seed to seed
    return a_call()


def outcome(implementation, n):
    name, args, bases = case(n)
    try:
        result = getattr(implementation, name)(*args)
        result = result, hash(result)
    except Exception as exc:
        result = type(exc)
    left = [bytes(base) if isinstance(base, bytearray) else base for base in bases]
    return result, left


def shown(arg):
    return 'memoryview(%s)' % bytes(arg) if isinstance(arg, memoryview) else repr(arg)


def main(first, count, trace):
    if codec.IMPL != 'native' or codec.unmask is not _wscodec.unmask or not count:
        print('this is for the native codec, but codec.IMPL is', codec.IMPL)
        return 1
    returned = 0
    for n in range(first, first + count):
        if trace:
            print('case', n)
        native = outcome(_wscodec, n)
        twin = outcome(_pycodec, n)
        if native != twin:
            print('case %d: %s(%s)' % (n, case(n)[0], ', '.join(map(shown, case(n)[1]))))
            print('native', native)
            print('twin', twin)
            return 1
        returned += not isinstance(native[0], type)
    if not count // 4 < returned < count:
        print('of %d cases %d returned: too few, or all' % (count, returned))
        return 1
    print(count)
    return 0


if __name__ == '__main__':
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]), len(sys.argv) > 3))
