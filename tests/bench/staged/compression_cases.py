"""Counts what it takes to compress and to inflate:  compression_cases.main(IMPL, COUNTER)

IMPL: `native`, the natmod; `python`, MicroPython's deflate and what mends it in Python.
COUNTER: as codec_cases.py has it.
Prints a line for each case: what is done, with which message, bytes before and behind, the count.
"""

import gc

from compression_samples import SAMPLES

LIMIT = 0x3FFFFFFF


def count(now, f, a, b, c):
    """(from just before a call to just behind it, its result)"""
    gc.collect()
    for _ in range(
        2000
    ):  # where short blocks are free: the search for long ones begins behind those
        object()
    start = now()
    result = f(a, b, c)
    return now() - start & LIMIT, result


def main(impl, counter):
    now = __import__(counter).now
    module = __import__('_wsdeflate')
    if impl == 'python':
        import microdot_websocket.features.deflate as module
    lines = []
    for name, data, by_zlib in SAMPLES:
        if impl == 'native':
            n, message = count(now, module.deflate, data, 15, 6)
            lines.append(('deflate', name, len(data), len(message or b''), n))
        n, result = count(now, module.inflate, by_zlib, 15, LIMIT)
        assert result == data
        lines.append(('inflate', name, len(by_zlib), len(data), n))
    for line in lines:
        print(*line)
