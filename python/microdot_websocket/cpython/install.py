"""Put this package in the place of Microdot's own WebSocket module."""

import sys


def install() -> None:
    """Make ``microdot.websocket`` this package, for Microdot's own modules and the application.

    RuntimeError: Microdot's module has been imported already, so somebody holds its classes.
    """
    import microdot

    import microdot_websocket

    present = sys.modules.get('microdot.websocket', microdot_websocket)
    if present is not microdot_websocket:
        raise RuntimeError(
            'microdot.websocket is imported already: call microdot_websocket.install() before '
            'importing microdot.websocket, microdot.asgi, microdot.wsgi or microdot.test_client'
        )
    sys.modules['microdot.websocket'] = microdot_websocket
    microdot.websocket = microdot_websocket  # type: ignore[attr-defined]


def start() -> None:
    """Make the package what it is on CPython besides: see ``main.py``; ``install()``."""
    import microdot_websocket

    from . import main  # noqa: F401

    microdot_websocket.install = install
