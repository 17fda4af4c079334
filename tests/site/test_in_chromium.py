"""The site as a browser shows it: no errors, diagrams drawn, no wider than a phone."""

import functools
import http.server
import json
import subprocess
import threading

from interpreters import BUILD, ROOT

SITE = BUILD / 'site'


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def test_every_page():
    pages = [path.parent.relative_to(SITE).as_posix() + '/' for path in SITE.rglob('index.html')]
    handler = functools.partial(Quiet, directory=SITE)
    with http.server.ThreadingHTTPServer(('127.0.0.1', 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f'http://127.0.0.1:{server.server_port}/'
        command = ['node', ROOT / 'tests' / 'site' / 'pages.mjs', BUILD / 'clients']
        command += [BUILD / 'bin' / 'chromium', url, *sorted(pages)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=200)
        server.shutdown()
    assert done.returncode == 0
    assert json.loads(done.stdout) == []
