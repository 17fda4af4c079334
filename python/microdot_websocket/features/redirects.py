"""``connect(url, max_redirects=...)``: to where a server sends its clients (RFC 9110, section
15.4)."""

from ..websocket import WebSocketError

if False:  # for type checkers alone
    from typing import Any

    from ..websocket import WebSocket


_STATUSES = 301, 302, 303, 307, 308
_SCHEMES = {'ws': 'ws', 'http': 'ws', 'wss': 'wss', 'https': 'wss'}


def follow(client: 'Any') -> None:
    """Have a ``connect`` follow ``max_redirects`` of them, each time that it opens a connection."""
    first = client.open

    async def open() -> 'WebSocket':
        current, attempt = client, first
        for _ in range(client.options['max_redirects']):
            try:
                return await attempt()
            except WebSocketError as exc:
                current = exc.status_code in _STATUSES and redirected(current, exc.headers)
                if not current:
                    raise
                attempt = current.open
        return await attempt()

    client.open = open


def redirected(client: 'Any', headers: 'Any') -> 'Any':
    """The ``connect`` to where a response sends this one; None: it is not to be followed."""
    location = headers.get('Location')
    if location is None:
        return None
    url = join(client.parts, location)
    options = dict(client.options, max_redirects=0)
    sock = options.get('sock')
    if sock and not callable(sock):
        return None  # it is used up
    try:
        other = type(client)(
            url, client.headers, client.subprotocols, client.context or client.ssl, **options
        )
    except MemoryError:
        raise
    except Exception:  # no URL of a WebSocket, or no TLS, or nothing to verify its server with
        return None
    if client.parts[0] and not other.parts[0]:
        return None  # what was encrypted is not sent in the open
    if origin(client.parts) == origin(other.parts):
        other.parts = other.parts[:5] + client.parts[5:]
    elif sock:
        return None  # which is no way to there
    else:
        other.headers = {}  # any of them may be a secret
    return other


def origin(parts: 'Any') -> 'Any':
    """Of what ``parse_url()`` returns: the first three."""
    secure, host, port = parts[:3]
    return secure, host.lower(), port


def join(parts: 'Any', location: str) -> str:
    """The URL that a Location header stands for (RFC 3986, section 5.2)."""
    location = location.partition('#')[0]
    scheme, found, rest = location.partition('://')
    if found and '/' not in scheme and '?' not in scheme:
        return '%s://%s' % (_SCHEMES.get(scheme.lower(), scheme), rest)
    secure, _, _, authority, target, _ = parts
    scheme = 'wss' if secure else 'ws'
    if location[:2] == '//':
        return '%s:%s' % (scheme, location)
    if location[:1] != '/':
        path = target.partition('?')[0]
        location = (path if location[:1] in '?' else path[: path.rfind('/') + 1]) + location
    path, question, query = location.partition('?')
    return '%s://%s%s%s%s' % (scheme, authority, without_dots(path), question, query)


def without_dots(path: str) -> str:
    """A path as it is without ``.`` and ``..`` (section 5.2.4)."""
    segments = ['']
    for segment in path.split('/')[1:]:
        if segment == '..':
            segments[1:] = segments[1:-1]
        elif segment != '.':
            segments.append(segment)
    if segment == '.' or segment == '..':
        segments.append('')
    return '/'.join(segments)
