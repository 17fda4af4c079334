"""The seam between C and Python: the natmod ``_wscodec`` where it fits, else its Python twin.

``IMPL`` tells which runs: ``'native'`` or ``'python'``. The contract of the functions is in the
docstrings of ``_pycodec.py``; they take positional arguments only. ``ABI`` is its version.
To demand the twin, put ``sys.modules['_wscodec'] = None`` before the first import of this package.
"""

#: The version of the seam. `.py` and `.mpy` files are copied separately, so it is compared.
ABI = 2

try:
    import _wscodec as _native

    if _native is None:  # MicroPython, with None in sys.modules; CPython raises ImportError
        raise ImportError
    if _native.ABI != ABI:
        raise ValueError('its ABI is %s, not %s' % (_native.ABI, ABI))
    parse_header = _native.parse_header
    unmask = _native.unmask
    utf8 = _native.utf8
    extract = _native.extract
    freeze = _native.freeze
    IMPL = 'native'
except Exception as exc:
    from ._pycodec import extract, freeze, parse_header, unmask, utf8  # noqa: F401

    IMPL = 'python'
    # No file is no fault. A file for another architecture is a ValueError, one of another
    # version may lack a name, and a heap may be too full for it: say so, and go on.
    if not isinstance(exc, ImportError):
        from ._natmod_hint import hint

        print('microdot_websocket: _wscodec.mpy cannot be used (%s); %s' % (exc, hint()))
