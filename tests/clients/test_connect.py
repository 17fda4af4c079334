"""This project's own client, with and without TLS."""

import ssl
import subprocess
from pathlib import Path

import pytest
from interpreters import IMPL, command

SCRIPT = Path(__file__).with_name('connect.py')
HEAP = '16m'  # a message of 1 MiB, and its masked copy, at both ends


@pytest.mark.parametrize('name', ['unix', 'unix-twin', 'cpython'])
def test_echo(name, server, certificate, tmp_path):
    """With TLS: who is verified is as the docstring of connect() has it."""
    words = [IMPL[name], server.url('/echo')]
    expected = f'codec: {IMPL[name]}, 15 messages, 0 left\n'
    if server.tls:
        authority = tmp_path / 'authority.der'
        authority.write_bytes(ssl.PEM_cert_to_DER_cert(certificate.authority.read_text()))
        words.append(str(authority))
        none = 'WebSocketError' if name == 'cpython' else 'ValueError'  # a board knows nobody
        expected = f'without an authority: {none}\n{expected}'
    arguments, env = command(name, heap=HEAP, target=f'clients-{name}')
    process = subprocess.run(
        [*arguments, str(SCRIPT), *words],
        env=env,
        timeout=60,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout == expected, process.stdout
