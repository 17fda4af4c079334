"""Messages that are JSON (RFC 8259): ``ws.send_json()`` and ``ws.receive_json()``."""

import json

from .. import timer

if False:  # for type checkers alone
    from typing import Any

    from ..websocket import WebSocket

# UTF-8 as it is, as MicroPython writes it: whose loads() makes no character of two escapes.
_OPTIONS: 'dict[str, Any]' = {} if timer.core else {'ensure_ascii': False}


async def send_json(self: 'WebSocket', data: 'Any') -> None:
    """Send an object as one TEXT message of JSON.

    :param data: what ``json.dumps()`` takes: a dict, list, str, int, float, bool or None.

    Its text is UTF-8, without escapes. Errors: as of ``send()``. TypeError, on CPython: it is no
    JSON. (MicroPython's ``json`` writes what it prints for such an object.)
    """
    await self.send(json.dumps(data, **_OPTIONS))


async def receive_json(
    self: 'WebSocket', timeout: 'float | None' = None, max_message_length: 'int | None' = None
) -> 'Any':
    """The next message, which must be JSON; the object that it stands for.

    :param timeout, max_message_length: as of ``receive()``.

    ValueError: it is no JSON. The connection stays open, since that is the application's to judge:
    it may answer, or ``close(1007)``. A handler that the error leaves ends with code 1011. A BINARY
    message is taken for UTF-8. MicroPython's ``json`` forgives a missing comma, or end of a list.
    Other errors: as of ``receive()``.

    An object may take ten times the memory of its JSON. Where that is short, limit the length.
    """
    message = await self.receive(timeout, max_message_length)
    if not isinstance(message, str):
        message = str(message, 'utf-8')
    try:
        return json.loads(message)
    except RuntimeError:  # CPython, of lists in lists in lists
        raise ValueError('JSON is nested too deeply')
