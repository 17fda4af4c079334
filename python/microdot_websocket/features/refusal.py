"""What a client can tell of the response that has refused it."""

import asyncio

from ..websocket import WebSocketError, const

if False:  # for type checkers alone
    from typing import Any


_MOST = const(1024)  # bytes of a body
_LINE = const(128)  # bytes of the line before a chunk


async def refused(head: 'Any', status: str, code: int, headers: 'Any') -> WebSocketError:
    """The error that tells of a response.

    :param head: the ``Stream`` that its head has been read from.
    :param status: its first line.
    :param code: its status code; 0 if it was not HTTP.
    :param headers: a dict; None is none.
    """
    error = WebSocketError('the server refused: ' + status)
    error.status_code = code
    error.headers = headers or {}
    body = bytearray()
    try:
        if code >= 200 and code != 204 and code != 304:  # which have none
            await _read(head, error.headers, body)
    except asyncio.CancelledError:
        if not head.done:
            raise
    except Exception:
        pass  # what is missing stays so
    error.body = bytes(body)
    return error


async def _read(head: 'Any', headers: 'Any', body: bytearray) -> None:
    """Read the beginning of a body (RFC 9112, section 6)."""
    if 'chunked' in headers.get('Transfer-Encoding', '').lower():
        size = -1
        while size and len(body) < _MOST:
            line = await head.readline(_LINE)
            size = int(line.partition(b';')[0].decode(), 16)
            await _read_bytes(head.reader, body, min(len(body) + size, _MOST))
            await head.readline(_LINE)
    else:
        await _read_bytes(head.reader, body, min(int(headers.get('Content-Length', _MOST)), _MOST))


async def _read_bytes(reader: 'Any', body: bytearray, end: int) -> None:
    """Read until there are so many bytes."""
    while len(body) < end:
        data = await reader.read(end - len(body))
        if not data:
            raise EOFError
        body.extend(data)
