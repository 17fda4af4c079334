"""How a board imports the package, on MicroPython for this machine."""

import subprocess

from interpreters import LIB, ROOT
from microdot_websocket.cli.board import ON_BOARD, answer


def report(path):
    program = ROOT / 'build' / 'bin' / 'micropython'
    command = [program, ON_BOARD / 'report.py']
    env = {'MICROPYPATH': f'{path}:.frozen'}
    return subprocess.run(command, env=env, capture_output=True, text=True)


def test_report():
    said = answer(report(LIB).stdout, 'report:')
    assert said['codec'] == 'native' and said['drop_in']
    assert said['free_after'] < said['free_before']
    assert said['modules']['_wscodec'] == f'{LIB}/_wscodec.mpy'
    assert said['modules']['microdot.websocket'] == f'{LIB}/microdot/websocket.mpy'


def test_nothing_installed(tmp_path):
    done = report(tmp_path)
    assert done.returncode and "no module named 'microdot'" in done.stdout + done.stderr
