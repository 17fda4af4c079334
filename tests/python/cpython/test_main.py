"""`python -m microdot_websocket app.py`"""

import asyncio
import subprocess
import sys

import pytest
from connection import close_frame, frames_to, open_websocket
from memory_stream import open_pair
from memory_stream import run as run_coroutine
from microdot import Microdot
from microdot_websocket.cpython import main as on_cpython


def run(*args):
    command = [sys.executable, '-m', 'microdot_websocket', *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True)


def test_runs_an_unchanged_application(tmp_path):
    app = tmp_path / 'app.py'
    (tmp_path / 'beside_it.py').write_text('')
    app.write_text(
        'import beside_it, sys\n'
        'from microdot.websocket import WebSocket\n'
        'print(__name__, sys.argv[1:], WebSocket.__module__)\n'
    )
    result = run(app, 'a', 'b')
    assert result.stderr == ''
    assert result.stdout == "__main__ ['a', 'b'] microdot_websocket.websocket\n"


def test_usage():
    result = run()
    assert result.returncode == 2
    assert result.stderr.startswith('usage: microdot-websocket [-h] ')


def test_what_the_package_is_on_cpython_besides():
    """cpython/main.py: special methods are looked for in the class only, so that none may wait
    until it is used."""
    from microdot_websocket import WebSocket, codec, features, install
    from microdot_websocket.cpython import main

    assert install is main.install
    assert set(features.MODULES) <= set(dir(WebSocket))
    assert WebSocket.read_buffer_size == (1 << 17 if codec.IMPL == 'native' else 1 << 14)
    assert WebSocket._encode_websocket_frame(1, 'x') == b'\x81\x01x'


@pytest.mark.parametrize('exc', [asyncio.CancelledError, KeyError, KeyboardInterrupt])
@pytest.mark.parametrize('upgraded', [True, False])
def test_whatever_ends_a_request_no_client_is_left_waiting(monkeypatch, exc, upgraded):
    async def handle_request(app, reader, writer):
        raise exc('made by a test')

    async def main():
        monkeypatch.setattr(on_cpython, 'handle_request', handle_request)
        if upgraded:
            ws, peer = await open_websocket()
            reader, writer = ws.request.sock
        else:
            reader, writer, peer = open_pair()
        ended = Microdot().handle_request(reader, writer)
        if exc is asyncio.CancelledError:  # asyncio would print it
            await ended
        else:
            with pytest.raises(exc):
                await ended
        code = 1011 if issubclass(exc, Exception) else 1001
        assert frames_to(peer) == ([close_frame(code)] if upgraded else [])
        assert peer.transport.closed

    run_coroutine(main())
