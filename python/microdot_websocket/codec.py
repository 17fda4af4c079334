"""Which ``Protocol`` the package uses: that of the natmod ``_wscodec`` where it fits, else its twin
in Python, ``core/twin.py``.

``IMPL`` tells which: ``'native'`` or ``'python'``; ``ABI`` is the version of their contract. To
demand the twin, put ``sys.modules['_wscodec'] = None`` before the first import of this package.
(``websocket.py`` picks. This module is imported by those who ask, since each takes memory.)
"""

import sys

from .websocket import Protocol, version

ABI = version

# What is built into a firmware is not in sys.modules; the twin is, if it was picked.
if Protocol is getattr(sys.modules.get('microdot_websocket.core.twin'), 'Protocol', None):
    from .core import utf8

    IMPL = 'python'
else:
    from _wscodec import utf8  # type: ignore[no-redef]  # noqa: F401

    IMPL = 'native'
