"""The pages of Getting started and the tutorial in Chromium, served by MicroPython, on a wide and
on a narrow screen.

test_tutorial.py FOLDER takes the pictures that the documentation shows: make docs-pictures
"""

import asyncio
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from interpreters import BUILD
from microdot_websocket.cli.new import contents
from pages import applications, blocks
from running import UNIX, Running

PARTS = {'echo': '1-echo', 'sensor': '2-sensor', 'control': '3-control'}
FIRST = 'first'  # what `microdot-websocket new` writes
PICTURES = {FIRST: 'first-page.png', 'sensor': 'tutorial-sensor.png'}
PAGES = {'console': 'README.md', 'reconnect': 'docs/howto/reconnect.md'}  # with lines of JavaScript
# A route that ends all connections.
END = """

@app.route('/end')
async def end(request):
    from microdot_websocket.websocket import connections

    for ws in list(connections):
        await ws.close()
    return ''


@app.route('/')
async def blank(request):
    return '', {'Content-Type': 'text/html'}

"""


def files_of(part):
    if part == FIRST:
        return contents('echo')
    (files,) = applications(PAGES.get(part) or f'docs/tutorial/{PARTS[part]}.md')
    return files


def script(part, port):
    """What a page tells to type into the browser's console."""
    (text,) = [block.text for block in blocks(PAGES[part]) if block.language == 'js']
    return text.replace('192.168.4.7:5000', f'127.0.0.1:{port}')


def follow(part, folder, *words):
    """What tutorial.mjs finds wrong."""
    files = files_of(part)
    if part in PAGES:
        files['main.py'] = files['main.py'].replace(
            'app = Microdot()\n', 'app = Microdot()\n' + END
        )
    with Running(files, UNIX, folder) as app:
        asyncio.run(app.until_served())
        if part in PAGES:
            words = [script(part, app.port)]
        program = BUILD.parent / 'tests' / 'site' / 'tutorial.mjs'
        url = f'http://127.0.0.1:{app.port}/'
        words = [BUILD / 'clients', BUILD / 'bin' / 'chromium', part, url, *words]
        done = subprocess.run(
            ['node', program, *words], stderr=subprocess.PIPE, text=True, timeout=90
        )
        return done.returncode, done.stderr


@pytest.mark.parametrize('part', [FIRST, *PARTS, *PAGES])
def test_part(part, tmp_path):
    assert follow(part, tmp_path) == (0, '')


if __name__ == '__main__':
    for part, picture in PICTURES.items():
        with TemporaryDirectory() as folder:
            code, error = follow(part, Path(folder), Path(sys.argv[1], picture))
        if code:
            sys.exit(error)
