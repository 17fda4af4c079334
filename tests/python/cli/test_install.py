import argparse
from pathlib import Path

import pytest
from boards import Mpremote, board
from microdot_websocket.cli import Failed, install
from microdot_websocket.cli.install import Progress, commands, notes
from microdot_websocket.cli.plan import IN_ROM, make_plan, make_rom_plan


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


def test_on_a_pyboard_lib_is_elsewhere(modules):
    plan = make_plan(board(lib='/flash/lib'), modules, None)
    words = list(commands(board(lib='/flash/lib'), plan, ['/flash/microdot.py']))
    assert words[:2] == [('rm', '-r', ':/flash/microdot.py'), ('mkdir', ':/flash/lib')]


def run(monkeypatch, there, modules, *, replace=False, romfs=False, dry_run=True):
    plan = (make_rom_plan if romfs else make_plan)(there, modules, None)
    monkeypatch.setattr(install, 'look', lambda device, folder, more, in_rom: (there, plan, []))
    names = dict(device=None, files=None, extras=[], json=False, dry_run=dry_run)
    names.update(replace=replace, romfs=romfs)
    return install.run(argparse.Namespace(**names))


def test_what_a_person_needs_to_know():
    assert list(notes(board(), 'armv6m', '')) == ['native codec: armv6m']
    pico = board(network=False, machine='Raspberry Pi Pico with RP2040')
    assert list(notes(pico, '', 'it loads none')) == [
        'Python codec, which is slower: it loads none',
        'no network: a server needs a board with Wi-Fi or Ethernet (a Pico without the W has no '
        'network)',
    ]
    other = board(network=False, machine='a board')
    assert [*notes(other, 'x64', '')][1].endswith('with Wi-Fi or Ethernet')


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


def test_what_is_in_rom_is_not_removed(modules, monkeypatch):
    for replace in False, True:
        with pytest.raises(Failed, match='what is in the ROM partition would be .*install --romfs'):
            run(monkeypatch, board(hiding=[IN_ROM]), modules, replace=replace)


def test_into_a_rom(modules, monkeypatch, capsys):
    call = Mpremote(build=lambda words: Path(words[2]).write_bytes(bytes(5000)))
    monkeypatch.setattr(install.mpremote, 'call', call)
    files = {'/lib': None, '/lib/microdot': None, '/lib/microdot/websocket.mpy': [1, 'ab']}
    there = board(rom=[8192, []], files=files)
    assert run(monkeypatch, there, modules, romfs=True, dry_run=False) == 0
    assert [words[-2] for words in call.asked[:2]] == ['build', 'deploy']
    assert call.asked[2] == ['fs', 'rm', '-r', ':/lib/microdot/websocket.mpy', '+']
    assert (
        'an image of 5000 bytes into the ROM partition, which has 8192\n' in capsys.readouterr().out
    )


def test_no_rom(modules, monkeypatch):
    with pytest.raises(Failed, match='its firmware has no ROM partition: leave out --romfs'):
        run(monkeypatch, board(), modules, romfs=True)
