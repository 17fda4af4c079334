"""The extension for CPython, natmod/cpython_wscodec.c; all else is in pyproject.toml.

It is optional: without a compiler the package is pure Python, and slower. MICRODOT_WEBSOCKET_PURE=1
leaves it out.
"""

import os
import platform
import sys
import sysconfig

from setuptools import Extension, setup

# From here on one file is for all versions: Py_buffer is in the limited API.
STABLE = 3, 11
LIMITED = sys.version_info >= STABLE
SOURCES = (
    'cpython_wscodec.c',
    'cpython_reading.c',
    'cpython_sending.c',
    'cpython_transport.c',
    'cpython_waiter.c',
    'ws_protocol.c',
    'ws_core.c',
)
FLAGS = ['-std=c99', '-fvisibility=hidden', *['-g0'] * ('CFLAGS' not in os.environ)]
HEADERS = 'cpython_wscodec.h', 'ws_protocol.h', 'ws_core.h'


def is_wanted():
    """Its statics are guarded by the GIL, so not where there is none."""
    if os.environ.get('MICRODOT_WEBSOCKET_PURE') or sysconfig.get_config_var('Py_GIL_DISABLED'):
        return False
    return platform.python_implementation() == 'CPython'


def extension():
    version = '0x%02x%02x0000' % STABLE
    return Extension(
        '_wscodec',
        [f'natmod/{name}' for name in SOURCES],
        depends=[f'natmod/{name}' for name in HEADERS],
        define_macros=[('Py_LIMITED_API', version)] if LIMITED else [],
        extra_compile_args=[] if sys.platform == 'win32' else FLAGS,
        py_limited_api=LIMITED,
        optional=True,
    )


setup(
    ext_modules=[extension()] if is_wanted() else [],
    options={'bdist_wheel': {'py_limited_api': 'cp%d%d' % STABLE}} if LIMITED else {},
)
