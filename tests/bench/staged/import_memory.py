"""The heap that the import of `microdot.websocket` takes, on top of Microdot:

    import_memory.main()

Before and after, MicroPython says what its names take (qstrs). There are as few as may be here: a
firmware takes 2.3 KB at once for its 300th or so.
"""

import asyncio
import gc

import microdot  # noqa: F401
import micropython

asyncio.start_server  # noqa: B018  imports asyncio.stream, as each server does


def main():
    micropython.qstr_info()
    gc.collect()
    count = gc.mem_alloc()
    import microdot.websocket  # noqa: F401

    gc.collect()
    print('all', gc.mem_alloc() - count)
    micropython.qstr_info()
