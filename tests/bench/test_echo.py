"""That what is measured is what it is said to be, and that it is measured at all."""

import echo
import loads
import memory
import pytest
import servers
from frames import BINARY

UNIX = 'micropython', 'native', 'x64'


def start(*arguments, impl='native'):
    command, env = servers.micropython(*UNIX)
    return servers.Server(
        [*command, *arguments, '-m', 'probed_echo', 'PORT', impl], env, fatal='MemoryError'
    )


def test_messages_are_counted():
    names = 'native', 'python', 'microdot', 'microdot-cpython', 'websockets', 'raw'
    results = loads.take_turns(echo.start, names, [16, 65536], rounds=1, seconds=0.01)
    sent = [(result['window'], result['client'], result['size']) for result in results]
    assert sent == [
        (1, 'each', 16),
        (1, 'each', 65536),
        (64, 'batch', 16),  # of larger ones no two have room
        (64, 'each', 16),
        (64, 'each', 65536),
    ]
    for result in results:
        for figure in 'rate', 'cpu':
            assert set(result[figure]) == set(names)
            assert min(value for [value] in result[figure].values()) > 0


def test_another_server_than_the_one_meant_is_refused():
    with start() as server, pytest.raises(RuntimeError, match='not microdot, but native'):
        server.check('microdot')


def test_a_message_that_comes_back_changed_is_refused(monkeypatch):
    monkeypatch.setattr(loads, 'exchange', lambda size: (b'\x82\x81\0\0\0\0a', b'\x82\x01b'))
    with start() as server, pytest.raises(RuntimeError, match='changed'):
        server.check('native')
        loads.measure(server, 1, (1, 'each'), seconds=0.01)


@pytest.mark.parametrize('heap, enough', [('1m', True), ('100k', False), ('20k', False)])
def test_a_heap_that_is_too_small(heap, enough):
    with start('-X', f'heapsize={heap}') as server:
        assert memory.echoes(server, 65536, BINARY) is enough
