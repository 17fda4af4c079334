"""What pip installs, in new environments with a C compiler and without one: the extension for CPython
where it can, and always a package that works."""

import os
import shutil
import subprocess
import sys

import pytest
from interpreters import ROOT, free_port
from pythons import pythons

DIST = ROOT / 'dist'
ECHO = """\
import asyncio
import sys
from microdot import Microdot
from microdot_websocket import codec, with_websocket
from microdot_websocket.client import connect

app = Microdot()


@app.route('/echo')
@with_websocket
async def echo(request, ws):
    while True:
        await ws.send(await ws.receive())


async def main(port):
    asyncio.create_task(app.start_server('127.0.0.1', port))
    await asyncio.sleep(0.3)
    ws = await connect(f'ws://127.0.0.1:{port}/echo')
    for message in 'hello', bytes(10000):
        await ws.send(message)
        assert await ws.receive() == message
    await ws.close()
    print(codec.IMPL)


asyncio.run(main(int(sys.argv[1])))
"""


def checkout(folder):
    """The project as git has it, with what has changed since."""
    names = subprocess.check_output(['git', 'ls-files'], cwd=ROOT, text=True).splitlines()
    for name in names:
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    return folder


def sdist(folder):
    [path] = DIST.glob('*.tar.gz')
    return path


def wheel(folder):
    [path] = DIST.glob('*-abi3-*.whl')
    return path


FOUND = pythons()
# The CPython, what is installed, whether a compiler is there, what runs then.
CASES = [
    (max(FOUND), wheel, False, 'native'),
    (max(FOUND), sdist, False, 'python'),
    (min(FOUND), sdist, True, 'native'),
    (sys.version_info[:2], checkout, True, 'native'),
]


@pytest.mark.parametrize('version, what, compiler, impl', CASES)
def test_in_a_new_environment(version, what, compiler, impl, tmp_path):
    if version < (3, 11) and what is wheel:
        raise AssertionError('the wheel is for CPython 3.11 and newer: none is here')
    python = tmp_path / 'venv' / 'bin' / 'python'
    subprocess.run([FOUND[version], '-m', 'venv', tmp_path / 'venv'], check=True)
    pip = [python, '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check']
    subprocess.run([*pip, 'microdot'], check=True)
    env = {name: value for name, value in os.environ.items() if name != 'CC'}
    if not compiler:
        env['PATH'] = str(tmp_path)
    (tmp_path / 'source').mkdir()
    subprocess.run([*pip, '--no-deps', what(tmp_path / 'source')], env=env, check=True)
    done = subprocess.run(
        [python, '-c', ECHO, str(free_port())], cwd=tmp_path, capture_output=True, text=True
    )
    assert (done.stdout, done.stderr) == (f'{impl}\n', '')


def test_without_the_extension_on_request(tmp_path):
    env = {**os.environ, 'MICRODOT_WEBSOCKET_PURE': '1'}
    words = [sys.executable, '-m', 'pip', 'wheel', '--quiet', '--no-deps', '-w', tmp_path]
    subprocess.run([*words, sdist(None)], env=env, check=True)
    [path] = tmp_path.glob('*.whl')
    assert path.name.endswith('-py3-none-any.whl')
