"""A fuzzer of the opening handshake: requests with odd headers are accepted or refused as RFC 6455,
section 4.2.1, has it, and never anything else. See one.py."""

import base64
import hashlib
import re

from hypothesis import given
from hypothesis import strategies as st
from memory_stream import run
from microdot.microdot import HTTPException, Microdot, NoCaseDict, Request
from microdot_websocket import websocket_upgrade

GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
GOOD = {
    'Host': 'board.example',
    'Upgrade': 'websocket',
    'Connection': 'keep-alive, Upgrade',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Version': '13',
}

# A value: as it should be, in another case, with something cut out or put in, or anything.
inserted = st.text(max_size=3) | st.sampled_from((',', ' ', '\t', ', ', '=', '==', '\0', 'é', '0'))


@st.composite
def values(draw, good):
    way = draw(st.integers(0, 3))
    if way == 0:
        return draw(st.sampled_from((good, good.lower(), good.upper(), good.swapcase(), None)))
    if way == 1:
        return draw(st.text(max_size=30))
    at = draw(st.integers(0, len(good)))
    end = draw(st.integers(at, len(good)))
    return good[:at] + draw(inserted) + good[end:]


keys = st.binary(min_size=15, max_size=17).map(lambda key: base64.b64encode(key).decode())
token_lists = st.lists(
    st.sampled_from(('websocket', 'WebSocket', 'upgrade', 'Upgrade', 'h2c', '', ' ')) | inserted
).map(', '.join)
versions = st.integers(0, 20).map(str)
others = {
    'Upgrade': token_lists,
    'Connection': token_lists,
    'Sec-WebSocket-Key': keys,
    'Sec-WebSocket-Version': versions,
    'Host': st.text(max_size=9) | st.sampled_from((',', 'a, b')),
}
changes = st.fixed_dictionaries(
    {}, optional={name: values(GOOD[name]) | others[name] for name in GOOD}
)
headers = changes.map(lambda changes: {**GOOD, **changes})


def expected_status(method, http_version, headers, in_process):
    """The status of the refusal, None if there is none to be."""

    def tokens(name):
        return [item.strip().lower() for item in (headers[name] or '').split(',')]

    if (
        method != 'GET'
        or (http_version == '1.0' and not in_process)
        or (headers['Host'] is None and not in_process)
        or ',' in (headers['Host'] or '')
        or 'websocket' not in tokens('Upgrade')
        or 'upgrade' not in tokens('Connection')
        or not re.fullmatch('[A-Za-z0-9+/]{22}==', headers['Sec-WebSocket-Key'] or '')
    ):
        return 400
    return None if (headers['Sec-WebSocket-Version'] or '').strip() == '13' else 426


class Writer:
    """Where the response goes: of Microdot's TestClient, which has nothing but this method."""

    def __init__(self):
        self.sent = b''

    async def awrite(self, data):
        self.sent += data


class RemoteWriter(Writer):
    def write(self, data):
        raise AssertionError('nothing else is sent')


@given(
    method=st.sampled_from(('GET',) * 9 + ('get', 'POST', '')),
    http_version=st.sampled_from(('1.1',) * 6 + ('1.0', '2', '2.0')),
    headers=headers,
    in_process=st.booleans(),
)
def handshake(method, http_version, headers, in_process):
    given = NoCaseDict()
    for name, value in headers.items():
        if value is not None:
            given[name] = value
    writer = Writer() if in_process else RemoteWriter()
    sock = None, writer
    request = Request(Microdot(), None, method, '/', http_version, given, sock=sock)
    status = expected_status(method, http_version, headers, in_process)
    try:
        run(websocket_upgrade(request))
    except HTTPException as refusal:
        assert refusal.status_code == status
        assert re.fullmatch('WebSocket handshake: bad [ -~]+', refusal.reason)
        assert not writer.sent
        return
    assert status is None
    accept = hashlib.sha1((headers['Sec-WebSocket-Key'] + GUID).encode()).digest()
    assert sorted(writer.sent.split(b'\r\n')) == [
        b'',
        b'',
        b'Connection: Upgrade',
        b'HTTP/1.1 101 Switching Protocols',
        b'Sec-WebSocket-Accept: ' + base64.b64encode(accept),
        b'Upgrade: websocket',
    ]


TESTS = (handshake,)
