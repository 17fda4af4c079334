"""A fuzzer of the client's handshake: responses with odd lines are accepted or refused as RFC 6455,
section 4.1, has it, and never anything else. See one.py."""

import asyncio
import re

from hypothesis import given
from hypothesis import strategies as st
from memory_stream import run, settle
from microdot_websocket import WebSocketError
from microdot_websocket.client import connect
from network import URL, Network, accept, is_closed

MAX_LINES = 100
ACCEPT = 'ACCEPT'  # stands for the right value
STATUS_LINE = re.compile('HTTP/1[.]([0-9]) ([0-9]{3})( .*)?', re.DOTALL)
OFFERED = 'a', 'b'
GOOD = [
    ('Upgrade', 'websocket'),
    ('Connection', 'Upgrade'),
    ('Sec-WebSocket-Accept', ACCEPT),
]

latin = st.characters(max_codepoint=255, exclude_characters='\n')
odd = st.text(latin, max_size=12)
spaces = st.sampled_from(('', ' ', '  ', '\t'))
codes = st.sampled_from(('101',) * 5 + ('100', '102', '103', '199', '200', '301', '403', '500'))
codes |= st.text(st.sampled_from('0123456789+-. \xb2\xb9'), max_size=5) | st.just('9' * 5000)
statuses = st.builds(
    lambda version, space, code, rest: version + space + code + rest,
    st.sampled_from(('HTTP/1.1',) * 8 + ('HTTP/1.0', 'HTTP/1.', 'HTTP/2', 'http/1.1', '')),
    st.sampled_from((' ',) * 8 + ('', '  ')),
    codes,
    st.sampled_from((' Switching Protocols',) * 5 + ('', ' ', ' \xe9', 'x')),
)
names = st.sampled_from([name for name, _ in GOOD] + ['Sec-WebSocket-Protocol', 'X', 'Set-Cookie'])
names |= st.just('Sec-WebSocket-Extensions')
values = st.sampled_from(('websocket', 'Upgrade', 'h2c, WebSocket', 'keep-alive', ACCEPT, 'a', 'b'))
values |= st.sampled_from(('', 'a, b', 'c', 'x' * 1900, 'x' * 2100, 'permessage-deflate')) | odd
more = st.lists(st.tuples(names, values), max_size=3)
heads = st.builds(
    lambda before, missing, behind: before + [item for item in GOOD if item[0] != missing] + behind,
    more,
    st.sampled_from((None,) * 5 + tuple(name for name, _ in GOOD)),
    more | st.builds(lambda item, n: [item] * n, st.tuples(names, values), st.integers(0, 101)),
)
statuses = st.just('HTTP/1.1 101 Switching Protocols') | st.just('HTTP/1.1 101') | statuses
hints = st.tuples(
    st.sampled_from(('HTTP/1.1 100 Continue', 'HTTP/1.1 103', 'HTTP/1.0 199 x')), more
)


def lines_of(responses):
    for status, headers in responses:
        yield status
        for name, value in headers:
            yield f'{name}: {value}'
        yield ''


def outcome(responses, right):
    """Whether the responses are accepted; the status code that is told of, or 0."""
    lines = 0
    for status, headers in responses:
        status = status.strip()
        lines += 2 + len(headers)
        if lines > MAX_LINES:
            return False, 0
        found = STATUS_LINE.fullmatch(status)
        if not found:
            return False, 0
        code = int(found[2])
        if 100 <= code < 200 and code != 101:
            continue
        if code != 101 or found[1] != '1':
            return False, code
        return is_accepted(headers, right), 0
    return False, 0


def is_accepted(headers, right):
    def joined(name):
        values = [value.strip() for key, value in headers if key.lower() == name]
        while values and not values[0]:
            del values[0]
        return ', '.join(values)

    def tokens(name):
        return [item.strip().lower() for item in joined(name).split(',')]

    return (
        tokens('upgrade') == ['websocket']  # section 4.1: any other value is a failure
        and 'upgrade' in tokens('connection')
        and joined('sec-websocket-accept') == right
        and joined('sec-websocket-protocol') in ('', *OFFERED)
        and not joined('sec-websocket-extensions')
    )


async def answered(data, step):
    """(whether the client takes it, the status code that it tells of, 0 for none)"""
    with Network() as network:
        task = asyncio.create_task(connect(URL, subprotocols=OFFERED, close_timeout=0))
        await settle(3)
        right = accept(network.request())
        data = data.replace(ACCEPT.encode(), right.encode())
        for at in range(0, len(data), step):
            network.peer.feed(data[at : at + step])
            await settle(1)
        network.peer.end()
        try:
            ws = await task
        except WebSocketError as error:
            await settle(3)
            assert is_closed(network.peer)
            return False, error.status_code
        ws.abort()
        return True, 0


steps = st.just(1 << 20) | st.integers(20, 4000)


@given(before=st.lists(hints, max_size=3), status=statuses, headers=heads, step=steps)
def response(before, status, headers, step):
    responses = [*before, (status, headers)]
    lines = list(lines_of(responses))
    data = ''.join([line + '\r\n' for line in lines]).encode('latin-1')
    got, code = run(answered(data, step))
    expected = outcome(responses, ACCEPT)
    if not got and len(data.replace(ACCEPT.encode(), bytes(28))) > 2000:
        return  # a line may be too long, or a list of several of them
    assert (got, code) == expected


@given(
    before=st.lists(hints, max_size=2),
    head=heads,
    at=st.integers(0, 500),
    new=st.binary(),
    n=st.integers(0, 9),
)
def any_bytes(before, head, at, new, n):
    lines = lines_of([*before, ('HTTP/1.1 101 Yes', head)])
    data = bytearray(''.join([line + '\r\n' for line in lines]).encode('latin-1'))
    data[at : at + n] = new
    run(answered(bytes(data), 1 << 20))


TESTS = response, any_bytes
