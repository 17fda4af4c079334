import io

import pytest
from boards import ARMV6M, NONE, board
from microdot_websocket.cli import run
from microdot_websocket.cli.run import CODE, INSTALLED_FIRST, Output, all_in_one, link


def test_what_the_board_prints_is_passed_on_without_the_line_on_the_mount():
    stream = io.BytesIO()
    output = Output(stream)
    for piece in b'Local directory /a', b' b is mounted at /remote\nhel', b'lo':
        output.show(piece)
    assert stream.getvalue() == b'hello'


def test_a_name_is_quoted():
    compile(INSTALLED_FIRST + CODE.format(name="it's.py"), '', 'exec')


@pytest.mark.parametrize('mpy, natmods', [(ARMV6M, ['_wscodec.mpy', '_wsdeflate.mpy']), (NONE, [])])
def test_all_from_this_machine(mpy, natmods, tmp_path, monkeypatch, board_files):
    monkeypatch.setattr(run, 'ask', lambda device: board(mpy=mpy))
    app = tmp_path / 'app'
    (app / 'microdot').mkdir(parents=True)  # Microdot's own
    for name in 'app.py', 'page.html', 'microdot/websocket.py':
        (app / name).write_text('')
    with all_in_one(app / 'app.py', board_files, None) as folder:
        folder = type(app)(folder)
        assert sorted(path.name for path in folder.iterdir()) == sorted(
            [*natmods, 'app.py', 'microdot', 'microdot_websocket', 'page.html']
        )
        assert (folder / 'microdot' / 'websocket.mpy').exists()
        assert not (folder / 'microdot' / 'websocket.py').exists()
    assert not folder.exists() and (app / 'app.py').exists()


def test_a_copy_does_where_there_are_no_links(tmp_path, monkeypatch):
    def refuse(*paths):
        raise OSError('WinError 1314')

    monkeypatch.setattr(run.os, 'symlink', refuse)
    (tmp_path / 'a').mkdir()
    (tmp_path / 'a' / 'page.html').write_text('page')
    link(tmp_path / 'a', tmp_path / 'b')
    link(tmp_path / 'a' / 'page.html', tmp_path / 'c.html')
    assert (tmp_path / 'b' / 'page.html').read_text() == 'page'
    assert (tmp_path / 'c.html').read_text() == 'page'
