import argparse

import pytest
from boards import board
from microdot_websocket.cli import Failed, install
from microdot_websocket.cli.install import Progress, bytes_needed, commands, digest, make_plan


@pytest.fixture
def modules(tmp_path):
    paths = {}
    for name in 'microdot/websocket.mpy', 'microdot_websocket/timer.mpy':
        paths[name] = tmp_path / name.replace('/', '_')
        paths[name].write_bytes(name.encode() * 200)
    return paths


@pytest.fixture
def natmod(tmp_path):
    path = tmp_path / '_wscodec.mpy'
    path.write_bytes(b'M' * 8000)
    return path


def there(modules):
    """As a board reports what was installed."""
    folders = {'/lib': None, '/lib/microdot': None, '/lib/microdot_websocket': None}
    return {**folders, **{f'/lib/{name}': digest(path) for name, path in modules.items()}}


def test_an_empty_board(modules, natmod):
    plan = make_plan(board(), modules, natmod)
    assert sorted(plan.copy) == [
        '/lib/_wscodec.mpy',
        '/lib/microdot/websocket.mpy',
        '/lib/microdot_websocket/timer.mpy',
    ]
    assert (plan.same, plan.stale, plan.hiding) == (0, [], [])
    words = list(commands(board(), plan, []))
    assert words[:3] == [
        ('mkdir', ':/lib'),
        ('mkdir', ':/lib/microdot'),
        ('mkdir', ':/lib/microdot_websocket'),
    ]
    assert words[-1] == ('cp', '-f', str(natmod), ':/lib/_wscodec.mpy')


def test_nothing_is_copied_twice(modules):
    plan = make_plan(board(files=there(modules)), modules, None)
    assert (plan.copy, plan.same) == ([], 2)
    assert not list(commands(board(files=there(modules)), plan, []))


def test_what_was_cut_off_is_copied_again(modules):
    files = there(modules)
    files['/lib/microdot/websocket.mpy'] = [100, 'ab']  # less than all of it
    del files['/lib/microdot_websocket/timer.mpy']
    assert len(make_plan(board(files=files), modules, None).copy) == 2


def test_a_board_without_sha256_is_judged_by_sizes(modules):
    files = {name: there and [there[0], ''] for name, there in there(modules).items()}
    assert make_plan(board(files=files), modules, None).copy == []


def test_what_is_stale_and_what_hides(modules):
    more = [
        '/lib/microdot/websocket.py',  # Microdot's own
        '/lib/microdot/mine.py',
        '/lib/microdot_websocket/gone.mpy',  # of an earlier version
        '/lib/_wscodec.mpy',  # and now the Python codec
    ]
    files = {**there(modules), **{name: [1, 'ab'] for name in more}}
    plan = make_plan(board(files=files, hiding=['/microdot.py']), modules, None)
    assert plan.stale == more[2:]
    assert plan.hiding == ['/microdot.py', more[0]]


def test_on_a_pyboard_lib_is_elsewhere(modules):
    plan = make_plan(board(lib='/flash/lib'), modules, None)
    words = list(commands(board(lib='/flash/lib'), plan, ['/flash/microdot.py']))
    assert words[:2] == [('rm', '-r', ':/flash/microdot.py'), ('mkdir', ':/flash/lib')]


def test_space(modules, natmod):
    # whole blocks, and two for each new folder, of which there are two and /lib
    sizes = [path.stat().st_size for path in (*modules.values(), natmod)]
    blocks = sum(-(-size // 4096) for size in sizes)
    plan = make_plan(board(), modules, natmod)
    assert bytes_needed(board(), plan) == (blocks + 3 * 2) * 4096
    full = board(files=there(modules))
    assert bytes_needed(full, make_plan(full, modules, None)) == 0


def run(monkeypatch, there, modules, *, replace=False):
    plan = make_plan(there, modules, None)
    monkeypatch.setattr(install, 'look', lambda device, folder, more: (there, plan, []))
    names = dict(device=None, files=None, extras=[], json=False, dry_run=True, replace=replace)
    return install.run(argparse.Namespace(**names))


def test_too_little_space(modules, monkeypatch):
    with pytest.raises(Failed, match='nothing was done: this takes 4. KiB and .* has 10 KiB free'):
        run(monkeypatch, board(free=10 * 1024), modules)


def test_what_hides_stops_it_until_it_may_be_removed(modules, monkeypatch, capsys):
    hidden = board(hiding=['/microdot'])
    with pytest.raises(Failed, match='/microdot would be imported instead.*install --replace'):
        run(monkeypatch, hidden, modules)
    assert run(monkeypatch, hidden, modules, replace=True) == 0
    assert 'would remove /microdot\n' in capsys.readouterr().out


def test_progress():
    lines = []
    progress = Progress('/lib', 7, lines.append)
    for piece in (
        b'mkdir :/lib\r\ncp C:\\a b\\x.mpy :/lib/microdot/x',
        b'.mpy\r\ncp y :/lib/y.mpy\n',
    ):
        progress.show(piece)
    assert lines == ['1 of 7  microdot/x.mpy', '2 of 7  y.mpy']
    assert 'at file 2 of 7: installing again copies the rest' in progress.cut_off('unplugged')


def test_extras():
    assert install.extras('asgi,wsgi') == ['asgi', 'wsgi']
    with pytest.raises(argparse.ArgumentTypeError, match='no module sse; there are asgi, '):
        install.extras('sse')
