"""Counts what the functions of a codec take:  codec_cases.main(CODEC, COUNTER)

CODEC: `_wsbench`, `twin_codec`, `viper_codec`, `microdot_codec`; or `memcpy`.
COUNTER: a module with now(); or `time`, for nanoseconds.
Prints a line for each case: its name, size, alignment, and the count; `-` if there is no room.
"""

import gc
import sys

SIZES = 0, 16, 125, 1024, 4096, 65536
HEADERS = 16, 1024, 65536  # lengths, for the three forms of a header
WORD = 8 if sys.maxsize >> 32 else 4
KEY = b'\x37\xfa\x21\x3d'


def text(size, mixed):
    """ASCII, or with characters of one to four bytes."""
    piece = 'Grüße, 5 €, 😀. '.encode() if mixed else b'Plain text, 16 B'
    data = bytearray(piece * (size // len(piece)))
    return data + b'.' * (size - len(data))


def shifted(data, align):
    """The bytes in a buffer, at this distance from a word's start."""
    return bytearray(align) + data


def header(length):
    if length < 126:
        data = bytes([0x82, 0x80 | length])
    elif length < 65536:
        data = bytes([0x82, 0xFE]) + length.to_bytes(2, 'big')
    else:
        data = bytes([0x82, 0xFF]) + length.to_bytes(8, 'big')
    return data + KEY


def unmask_args(size, align):
    return shifted(bytes(size), align), align, align + size, KEY, 0


def utf8_args(size, align):
    return shifted(text(size, False), align), align, align + size, 0


def mixed_args(size, align):
    return shifted(text(size, True), align), align, align + size, 0


def header_args(length, align):
    data = header(length)
    return shifted(data, align), align, align + len(data), [0, 0, 0, bytearray(4)]


def codec_cases(codec):
    """(name, size, alignment, function, what makes its arguments)"""
    parse_header = getattr(codec, 'parse_header', None)  # the twin does it in place
    for align in range(WORD):
        for length in HEADERS if parse_header else ():
            yield 'parse_header', length, align, parse_header, header_args
        for size in SIZES:
            yield 'unmask', size, align, codec.unmask, unmask_args
            yield 'utf8', size, align, codec.utf8, utf8_args
    for size in SIZES:
        yield 'utf8-mixed', size, 0, codec.utf8, mixed_args


def microdot_cases(codec):
    for length in HEADERS:
        yield 'parse_header', length, 0, codec.parse_header, lambda n, _: (header(n)[:2],)
    for size in SIZES:
        yield 'unmask', size, 0, codec.unmask, lambda n, _: (bytes(n), KEY)
        yield 'utf8', size, 0, codec.utf8, lambda n, _: (bytes(text(n, False)),)
        yield 'utf8-mixed', size, 0, codec.utf8, lambda n, _: (bytes(text(n, True)),)


def memcpy_cases():
    """BytesIO.readinto() calls the C library's memcpy(), and does little else."""
    import io

    for size in SIZES:
        source = io.BytesIO(bytes(size))
        yield 'memcpy', size, 0, source.readinto, lambda n, _: (bytearray(n),)


def count(now, f, args):
    """From just before a call to just behind it."""
    if len(args) == 5:
        a, b, c, d, e = args
        start = now()
        f(a, b, c, d, e)
    elif len(args) == 4:
        a, b, c, d = args
        start = now()
        f(a, b, c, d)
    elif len(args) == 2:
        a, b = args
        start = now()
        f(a, b)
    elif args:
        a = args[0]
        start = now()
        f(a)
    else:
        start = now()
    return now() - start & 0x3FFFFFFF


def nanoseconds(f, args):
    """The best of several loops, each of as many calls as a millisecond has room for."""
    from time import time_ns

    def loop(n):
        start = time_ns()
        for _ in range(n):
            f(*args)
        return time_ns() - start

    n = 1
    while loop(n) < 1000000:
        n *= 2
    return min(loop(n) for _ in range(5)) // n


def main(name, counter):
    if name == 'memcpy':
        cases = memcpy_cases()
    else:
        cases = (microdot_cases if name == 'microdot_codec' else codec_cases)(__import__(name))
    now = None if counter == 'time' else __import__(counter).now
    counts = [('empty', 0, 0, count(now, None, ()))] if now else []
    for case, size, align, f, make_args in cases:
        gc.collect()
        try:
            args = make_args(size, align)
            n = count(now, f, args) if now else nanoseconds(f, args)
        except MemoryError:
            n = '-'
        args = None
        counts.append((case, size, align, n))
    for line in counts:
        print(*line)
