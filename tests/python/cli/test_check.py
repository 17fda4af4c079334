import pytest
from boards import board
from microdot_websocket.cli import Failed, check, mpremote
from microdot_websocket.cli.check import check_files, run_tests
from microdot_websocket.cli.plan import Plan


def plan(copy=(), stale=(), hiding=()):
    return Plan('/lib', {'/lib/a.mpy': None, '/lib/b.mpy': None}, [*copy], [*stale], [*hiding])


@pytest.mark.parametrize(
    'installed, message',
    [
        (plan(copy=['/lib/a.mpy', '/lib/b.mpy']), 'nothing is installed: microdot-websocket in'),
        (plan(copy=['/lib/a.mpy']), '1 of 2 files are missing or of another version'),
        (plan(stale=['/lib/c.mpy']), '1 of 2 files are missing or of another version'),
        (plan(hiding=['/microdot.py']), '/microdot.py would be imported instead'),
    ],
)
def test_what_is_wrong(installed, message):
    with pytest.raises(Failed, match=message):
        check_files(board(), installed)


def test_nothing_is_wrong():
    check_files(board(), plan())


def test_ctrl_c_stops_the_tests_on_the_board(monkeypatch, tmp_path):
    def call(*words, **options):
        raise KeyboardInterrupt

    stopped = []
    monkeypatch.setattr(mpremote, 'call', call)
    monkeypatch.setattr(check, 'interrupt', stopped.append)
    with pytest.raises(KeyboardInterrupt):
        run_tests(board(), tmp_path, 'native', None)
    assert stopped == ['COM3']
