"""Freezes the package and asyncio into a firmware. From your own manifest:

    include('/path/to/this/project/python/manifest.py', microdot='/path/to/microdot')

``microdot``, an absolute path: the folder of Microdot's package, which is frozen too, with the
drop-in for its ``websocket.py``. Without it Microdot is left to the file system, and the drop-in
with it: where a part of a package is frozen, MicroPython finds no other part of it.
"""

from pathlib import Path

options.defaults(microdot=None)


def modules(folder, but):
    """The modules in a folder, not in those below it."""
    paths = sorted(Path(folder).iterdir())
    return [path.name for path in paths if path.suffix == '.py' and path.name != but]


include('$(MPY_DIR)/extmod/asyncio')
package('microdot_websocket', files=modules('microdot_websocket', but='__main__.py'))
if options.microdot:
    files = modules(options.microdot, but='websocket.py')
    package('microdot', files=files, base_path=str(Path(options.microdot).parent))
    module('microdot/websocket.py')
