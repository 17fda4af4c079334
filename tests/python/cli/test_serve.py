import subprocess
import sys

APP = """\
import sys
import microdot.websocket, microdot_websocket
assert microdot.websocket.WebSocket is microdot_websocket.WebSocket
print(__name__, sys.argv[1:], __import__('beside').NAME)
"""


def serve(*words):
    command = [sys.executable, '-m', 'microdot_websocket', *words]
    return subprocess.run(command, capture_output=True, text=True)


def test_an_application(tmp_path):
    (tmp_path / 'app.py').write_text(APP)
    (tmp_path / 'beside.py').write_text('NAME = "a name"\n')
    for words in ['serve'], []:  # as it was before there were commands
        done = serve(*words, str(tmp_path / 'app.py'), '--port', '1')
        assert done.stdout == "__main__ ['--port', '1'] a name\n", done.stderr


def test_no_such_file():
    done = serve('no_such_app.py')
    assert done.returncode == 1
    assert done.stderr == 'microdot-websocket: no_such_app.py: there is no such file\n'
