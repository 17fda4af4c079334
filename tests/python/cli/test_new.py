import pytest
from microdot_websocket.cli.command import main
from microdot_websocket.cli.new import NAMES

FILES = ['index.html', 'main.py', 'wifi.py']


@pytest.mark.parametrize('name', NAMES)
def test_an_application(name, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(['new', name]) == 0
    assert sorted(path.name for path in (tmp_path / name).iterdir()) == FILES
    assert b'\r' not in (tmp_path / name / 'main.py').read_bytes()
    output = capsys.readouterr().out
    assert output.startswith('wrote ')
    assert f'Next: cd {name}, then\n  microdot-websocket serve main.py ' in output


def test_without_words_it_is_echo(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(['new']) == 0
    assert (tmp_path / 'echo' / 'main.py').exists()


def test_nothing_is_overwritten(tmp_path, capsys):
    (tmp_path / 'main.py').write_text('mine')
    assert main(['new', 'chat', str(tmp_path)]) == 1
    assert [path.name for path in tmp_path.iterdir()] == ['main.py']
    error = capsys.readouterr().err
    assert error.startswith(f'microdot-websocket: nothing was written: {tmp_path / "main.py"} ')
    assert error.endswith(': name another folder: microdot-websocket new chat FOLDER\n')


def test_a_folder_with_other_files_will_do(tmp_path):
    (tmp_path / 'notes.txt').write_text('mine')
    assert main(['new', 'sensor', str(tmp_path)]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == [*FILES[:2], 'notes.txt', 'wifi.py']


def test_where_nothing_can_be_written(tmp_path, capsys):
    (tmp_path / 'file').write_text('')
    assert main(['new', 'echo', str(tmp_path / 'file' / 'folder')]) == 1
    assert capsys.readouterr().err.endswith(': name a folder that you may write to\n')
