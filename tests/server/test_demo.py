"""The demo that `make run` serves."""

import asyncio
import json
import os
import socket
import subprocess
import urllib.request

import pytest
import websockets
from interpreters import IMPL, ROOT, command, free_port

DEMO = ROOT / 'examples' / 'demo' / 'main.py'


@pytest.fixture
def run_demo(server_name):
    """run_demo(VARIABLE=value...): the process, with its output on a pipe."""
    processes = []

    def run(**variables):
        interpreter, env = command(server_name)
        processes.append(
            subprocess.Popen(
                [*interpreter, str(DEMO)],
                env={**env, **variables},
                cwd=os.sep,  # not where its files are
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
        )
        return processes[-1]

    yield run
    for process in processes:
        process.kill()
        process.communicate()


def get(address, path):
    with urllib.request.urlopen(f'http://{address}{path}', timeout=10) as response:
        return response.headers['Content-Type'], response.read().decode()


def test_demo(run_demo, server_name):
    address = f'127.0.0.1:{free_port()}'
    process = run_demo(LISTEN=address, MAX_MESSAGE='1000')
    line = process.stdout.readline()
    assert line.startswith(f'http://{address}  (codec: {IMPL[server_name]}, ')

    content_type, page = get(address, '/')
    assert content_type.startswith('text/html')
    assert page == (DEMO.parent / 'index.html').read_text()
    info = json.loads(get(address, '/info')[1])
    assert (info['codec'], info['max_message']) == (IMPL[server_name], 1000)

    async def echo():
        async with websockets.connect(f'ws://{address}/echo', compression=None) as ws:
            for message in ('é', b'\x00', 'x' * 1000):
                await ws.send(message)
                assert await ws.recv() == message
            await ws.send('x' * 1001)
            with pytest.raises(websockets.ConnectionClosed):
                await ws.recv()
            assert ws.close_code == 1009

    asyncio.run(echo())


def test_demanding_the_twin(run_demo):
    address = f'127.0.0.1:{free_port()}'
    process = run_demo(LISTEN=address, CODEC='python')
    assert '(codec: python, ' in process.stdout.readline()


def test_demanding_the_natmod(run_demo, server_name):
    address = f'127.0.0.1:{free_port()}'
    process = run_demo(LISTEN=address, CODEC='native')
    line = process.stdout.readline()
    if IMPL[server_name] == 'native':
        assert '(codec: native, ' in line
    else:
        assert line.startswith('CODEC=native: ')
        assert process.wait(10) == 1


@pytest.mark.parametrize(
    'variables',
    [{'LISTEN': 'nonsense'}, {'LISTEN': 'localhost:'}, {'LISTEN': '127.0.0.1:70000'}]
    + [{'MAX_MESSAGE': 'big'}, {'MAX_MESSAGE': '-1'}, {'CODEC': 'c'}],
)
def test_bad_values(run_demo, variables):
    """One line that says what is wrong and what to type."""
    process = run_demo(**variables)
    output, _ = process.communicate(timeout=10)
    name, value = variables.popitem()
    assert process.returncode == 1
    assert output.startswith(f'{name}={value} is ')
    assert 'type ' in output
    assert output.count('\n') == 1


def test_port_in_use(run_demo):
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        s.listen()
        address = '127.0.0.1:%d' % s.getsockname()[1]
        process = run_demo(LISTEN=address)
        output, _ = process.communicate(timeout=10)
    assert process.returncode == 1
    assert output.startswith(f'LISTEN={address} is in use; ')
    assert output.count('\n') == 1
