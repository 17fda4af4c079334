"""Freezes the package and asyncio into a firmware. From your own manifest:

    include('/path/to/this/project/python/manifest.py', microdot='/path/to/microdot')

``microdot``, an absolute path: the folder of Microdot's package, which is frozen too, with the
drop-in for its ``websocket.py``. Without it Microdot is left to the file system, and the drop-in
with it: where a part of a package is frozen, MicroPython finds no other part of it.
"""

from pathlib import Path

options.defaults(microdot=None)


def modules(folder):
    """The package's modules, but for those that only CPython needs."""
    names = [path.relative_to(folder) for path in sorted(Path(folder).rglob('*.py'))]
    not_on_boards = {'cpython', 'native', 'cli', '__main__'}
    return [str(name) for name in names if not_on_boards.isdisjoint(name.with_suffix('').parts)]


include('$(MPY_DIR)/extmod/asyncio')
package('microdot_websocket', files=modules('microdot_websocket'))
if options.microdot:
    paths = sorted(Path(options.microdot).glob('*.py'))
    files = [path.name for path in paths if path.name != 'websocket.py']
    package('microdot', files=files, base_path=str(Path(options.microdot).parent))
    module('microdot/websocket.py')
