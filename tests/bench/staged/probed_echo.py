"""echo.py, which also says what it runs and what it takes:  probed_echo.py PORT IMPL

IMPL: 'native' or 'python', this project with that codec, or 'microdot', Microdot's own module.
"""

import gc
import sys

if sys.implementation.name == 'cpython' and sys.argv[2] != 'microdot':
    import microdot_websocket

    microdot_websocket.install()

from echo import app, main


@app.route('/memory')
async def memory(request):
    gc.collect()
    return str(gc.mem_alloc())


@app.route('/impl')
async def impl(request):
    """Which of them it is, by what has been imported."""
    if 'microdot_websocket' not in sys.modules:
        return 'microdot'
    from microdot_websocket.codec import IMPL

    return IMPL


main()
