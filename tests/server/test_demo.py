"""The demo that `make run` serves."""

import asyncio
import json
import os
import socket
import subprocess
import urllib.request

import pytest
import websockets
from interpreters import HEAP, IMPL, ON_CPYTHON, ROOT, command, free_port

DEMO = ROOT / 'examples' / 'demo' / 'main.py'


@pytest.fixture
def run_demo(server_name):
    """run_demo(VARIABLE=value..., heap=size): the process, with its output on a pipe."""
    processes = []

    def run(heap=HEAP, **variables):
        interpreter, env = command(server_name, heap=heap)
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


@pytest.mark.parametrize(('heap', 'least'), [('2m', 65536), ('16m', 1048576)])
def test_it_takes_what_it_advertises(run_demo, heap, least):
    """In fragments, as a browser sends it."""
    address = f'127.0.0.1:{free_port()}'
    run_demo(LISTEN=address, heap=heap).stdout.readline()
    size = json.loads(get(address, '/info')[1])['max_message']
    assert size >= least

    async def echo():
        url = f'ws://{address}/echo'
        async with websockets.connect(url, compression=None, max_size=None) as ws:
            for message in ('é' * (size // 2), bytes(range(256)) * (size // 256)):
                await ws.send([message[i : i + 60000] for i in range(0, len(message), 60000)])
                assert await ws.recv() == message

    asyncio.run(echo())


def test_tabs_and_free_memory(run_demo, server_name):
    address = f'127.0.0.1:{free_port()}'
    run_demo(LISTEN=address).stdout.readline()

    async def tabs():
        async with websockets.connect(f'ws://{address}/status') as first:
            status = json.loads(await first.recv())
            assert status['tabs'] == 1
            assert (status['free'] is None) == (server_name in ON_CPYTHON)
            async with websockets.connect(f'ws://{address}/status') as second:
                assert json.loads(await second.recv())['tabs'] == 2
                assert json.loads(await first.recv())['tabs'] == 2
            while json.loads(await first.recv())['tabs'] != 1:
                pass

    asyncio.run(tabs())


def test_comparing_the_codecs(run_demo, server_name):
    address = f'127.0.0.1:{free_port()}'
    run_demo(LISTEN=address).stdout.readline()
    both = IMPL[server_name] == 'native'
    assert json.loads(get(address, '/info')[1])['twin'] == both
    spent = json.loads(get(address, '/compare')[1])
    assert sorted(spent) == (['native', 'python'] if both else [])
    assert not both or 0 < spent['native'] < spent['python']


def test_the_address_for_a_phone(run_demo):
    """Where it can be reached from elsewhere, and the program knows or is told where."""
    for listen, told, wanted in (
        ('127.0.0.1', '192.0.2.7', ''),
        ('localhost', '', ''),
        ('0.0.0.0', '192.0.2.7', 'http://192.0.2.7:%d'),
    ):
        port = free_port()
        run_demo(LISTEN=f'{listen}:{port}', ADDRESS=told).stdout.readline()
        info = json.loads(get(f'127.0.0.1:{port}', '/info')[1])
        assert info['url'] == (wanted % port if wanted else '')


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
