"""echo.py, which also says what it runs and what it takes:  probed_echo.py PORT IMPL

IMPL: 'native' or 'python', this project with that codec, or 'microdot', Microdot's own module.
"""

import gc
import sys

from echo import app, main


@app.route('/memory')
async def memory(request):
    gc.collect()
    return str(gc.mem_alloc())


@app.route('/piece')
async def piece(request):
    """The longest piece of the heap that is free, to 64 bytes."""
    gc.collect()
    fits, fails = 0, gc.mem_free() + 64
    while fails - fits > 64:
        size = (fits + fails) // 2
        try:
            bytearray(size)
            fits = size
        except MemoryError:
            fails = size
        gc.collect()
    return str(fits)


@app.route('/impl')
async def impl(request):
    """Which of them it is, by what has been imported."""
    if 'microdot_websocket' not in sys.modules:
        return 'microdot'
    from microdot_websocket.codec import IMPL

    return IMPL


main()
