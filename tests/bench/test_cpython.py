"""That each part of `cpython` runs, and that each server does what it is measured by."""

import broadcast
import cpython
import cpython_servers
import echo
import goals
import idle
import loads
import pytest
from cpython_servers import SERVERS, UVLOOP


@pytest.fixture(autouse=True)
def few(monkeypatch):
    """Connections, for it to take seconds."""
    monkeypatch.setattr(idle, 'IDLE', (0, 5, 50))
    monkeypatch.setattr(broadcast, 'CLIENTS', 5)


@pytest.fixture(params=SERVERS)
def server(request):
    with cpython_servers.start(request.param) as server:
        yield server


def test_it_runs_on_its_event_loop(server, request):
    name = request.node.callspec.params['server']
    with open(f'/proc/{server.process.pid}/maps') as files:
        assert ('uvloop' in files.read()) is name.endswith(UVLOOP)


def test_messages_beside_idle_connections(server):
    turn = idle.measure(server, seconds=0.01)
    assert len(turn['cpu']) == 3 and min(turn['cpu']) > 0
    assert turn['memory'] > 0


def test_a_broadcast(server):
    cpu = broadcast.measure(server, seconds=0.01)
    assert len(cpu) == len(broadcast.SIZES) and min(cpu) > 0


def test_messages_are_counted():
    [result, *others] = loads.take_turns(
        cpython_servers.start, list(SERVERS), [16], rounds=1, seconds=0.01
    )
    assert len(others) == 2
    assert set(result['rate']) == set(result['cpu']) == set(SERVERS)


def test_turns_are_those_of_fresh_processes():
    turns = cpython.take_turns(['python'], 2, lambda server: server.process.pid, 'turn')
    first, second = turns['python']
    assert first != second


def test_a_codec_that_is_not_built_is_refused(monkeypatch, tmp_path):
    monkeypatch.setattr(cpython_servers, 'EXTENSION', tmp_path / 'none.so')
    for start, name in (cpython_servers.start, 'native'), (echo.start, 'cpython'):
        with pytest.raises(SystemExit, match='not built: .make ext.'):
            start(name)


def test_another_codec_than_the_one_meant_is_refused(monkeypatch):
    monkeypatch.setitem(cpython_servers.CODECS, 'python', '_wscodec')
    with pytest.raises(RuntimeError, match='not python, but microdot_websocket.core.twin$'):
        cpython_servers.start('python')


def test_results_are_shown(capsys):
    results = cpython.measure(['python', 'picows'], [16, 65536], rounds=2, seconds=0.01)
    cpython.show(results)
    printed = capsys.readouterr().out
    for title in (
        'one message at a time: messages a second',
        '10 busy connections beside idle ones',
        'An idle connection',
        'Broadcast to 5',
    ):
        assert title in printed


def test_goals():
    """Of a native codec that takes half of what all others take."""
    cpu = {name: [1 if name.startswith('native') else 2] for name in SERVERS}
    echoes = [
        {'window': window, 'client': how, 'size': size, 'rate': cpu, 'cpu': cpu}
        for window, how in loads.LOADS
        for size in cpython.SIZES
    ]
    rows = list(goals.cpython_rows(echoes))
    assert [(measured, missed) for _, measured, bound, missed in rows if bound] == [
        (2, 'not reached'),
        *[(2, '')] * 5,
    ]
    idles = {name: [{'cpu': [2, 3, 3], 'memory': 1}] for name in SERVERS}
    what, measured, bound, missed = next(goals.idle_rows(idles))
    assert (measured, missed) == (1.5, 'not reached')
