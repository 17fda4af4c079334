import subprocess
import sys

import pytest
from microdot_websocket.cli.command import COMMANDS, main


@pytest.mark.parametrize('command', COMMANDS)
def test_each_command_has_help_with_examples(command, capsys):
    with pytest.raises(SystemExit) as ended:
        main([command, '--help'])
    assert ended.value.code == 0
    assert f'\n  microdot-websocket {command}' in capsys.readouterr().out


def test_wrong_arguments(capsys):
    with pytest.raises(SystemExit) as ended:
        main(['install', '--with', 'nothing'])
    assert ended.value.code == 2
    assert 'no module nothing; there are asgi' in capsys.readouterr().err


def test_an_error_is_one_line_on_stderr():
    command = [sys.executable, '-m', 'microdot_websocket', 'run', 'no_such_app.py']
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr == 'microdot-websocket: no_such_app.py: there is no such file\n'
    assert done.stdout == ''
