"""What is sent, to a stand-in for a board; tests/boards/test_interrupt.py has one that waits."""

import pytest
import serial
from microdot_websocket.cli import Failed, interrupt

DEVICE = 'COM3'


class Port:
    """A serial port. `answer` is called with all that the board has got, and says what it says."""

    def __init__(self, answer):
        self.got = b''
        self._answer = answer

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def write(self, data):
        self.got += data

    def read(self, size):
        return self._answer(self.got)


@pytest.fixture
def run(monkeypatch):
    def run(answer):
        """What the board got; mpremote resets it then."""
        port, called = Port(answer), []
        monkeypatch.setattr(serial, 'serial_for_url', lambda *args, **options: port)
        monkeypatch.setattr(interrupt, 'call', lambda *words, timeout: called.append(words))
        monkeypatch.setattr(interrupt.time, 'sleep', lambda seconds: None)
        interrupt.interrupt(DEVICE)
        assert called == [(DEVICE, 'soft-reset')]
        return port.got

    return run


def test_a_program_that_hears_it(run):
    got = run(lambda got: b'Traceback\r\n' + interrupt.PROMPT)
    assert got == interrupt.ZEROS + interrupt.CTRL_C + interrupt.RAW_REPL


def test_a_program_that_waits_for_an_answer(run):
    def answer(got):
        if interrupt.SYNC not in got:
            return b''
        return interrupt.PROMPT if got.endswith(interrupt.RAW_REPL) else b'm.py'

    got = run(answer)
    assert got.count(interrupt.SYNC) == 1
    assert got.count(interrupt.CTRL_C) == 2
    assert len(got.rpartition(interrupt.SYNC)[2]) < 30  # which begin() would take for an answer


@pytest.mark.parametrize('left', [1, 249, 2000])
def test_a_program_that_waits_for_the_rest_of_a_piece(run, left):
    def answer(got):
        if len(got) < left:
            return b''
        return interrupt.PROMPT if got.endswith(interrupt.RAW_REPL) else b'\x18\x05'

    assert left <= len(run(answer)) < left + 1100


def test_the_prompt_comes_in_two_parts(run):
    parts = [interrupt.PROMPT[:9], interrupt.PROMPT[9:]]
    assert run(lambda got: parts.pop(0) if parts else b'').count(interrupt.CTRL_C) == 2


def test_nothing_helps(run):
    """It ends; mpremote says that the board does not answer."""
    assert run(lambda got: b'').count(interrupt.CTRL_C) == interrupt.TRIES


def test_the_board_takes_no_bytes(run, monkeypatch):
    def write(port, data):
        raise serial.SerialTimeoutException('Write timeout')

    monkeypatch.setattr(Port, 'write', write)
    assert run(None) == b''


def test_unplugged(run):
    def answer(got):
        raise serial.SerialException('device reports readiness to read but returned no data')

    with pytest.raises(Failed, match='COM3: the board was unplugged'):
        run(answer)
