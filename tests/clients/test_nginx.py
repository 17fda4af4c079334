"""This project's own client and server, with nginx between them."""

import grp
import os
import pwd
import socket
import subprocess
import time
from pathlib import Path

import pytest
import trustme
from client_process import Client, outcomes
from interpreters import BUILD, IMPL, ROOT, free_port
from server_process import Server

APP = Path(ROOT, 'tests', 'server', 'app.py')
CONF = """
user {user};
daemon off;
worker_processes 1;
pid {folder}/pid;
error_log stderr;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        listen 127.0.0.1:{tls} ssl;
        ssl_certificate {folder}/chain.pem;
        ssl_certificate_key {folder}/chain.pem;
        proxy_http_version 1.1;
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Connection Upgrade;
        location /echo {{ proxy_pass http://127.0.0.1:{backend}; }}
        location /private {{
            auth_basic members;
            auth_basic_user_file {folder}/users;
            proxy_pass http://127.0.0.1:{backend}/echo;
        }}
        location /moved {{ return 301 /echo; }}
        location /secure {{ return 302 https://127.0.0.1:{tls}/echo; }}
        location /closed {{ return 403 'no entry'; }}
    }}
}}
"""


class Nginx:
    def __init__(self, folder, backend):
        self.folder = folder
        self.port, self.tls = free_port(), free_port()
        authority = trustme.CA()
        self.authority = folder / 'authority.pem'
        authority.cert_pem.write_to_path(self.authority)
        chain = authority.issue_cert('127.0.0.1').private_key_and_cert_chain_pem
        chain.write_to_path(folder / 'chain.pem')
        (folder / 'users').write_text('me:{PLAIN}se@cret\n')
        self.conf = folder / 'nginx.conf'
        ports = {'port': self.port, 'tls': self.tls, 'backend': backend}
        user = f'{pwd.getpwuid(os.getuid()).pw_name} {grp.getgrgid(os.getgid()).gr_name}'
        self.conf.write_text(CONF.format(folder=folder, user=user, **ports))

    def start(self):
        words = [str(BUILD / 'bin' / 'nginx'), '-p', str(self.folder), '-c', str(self.conf)]
        self.process = subprocess.Popen(words, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(('127.0.0.1', self.port)).close()
                return
            except ConnectionRefusedError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError('nginx does not serve') from None
                time.sleep(0.02)

    def stop(self):
        self.process.terminate()  # at once, with all of its connections
        self.process.wait()

    def url(self, path, user=''):
        return f'ws://{user}127.0.0.1:{self.port}{path}'


def start_backend(port):
    return Server('unix', APP, 'PORT', IMPL['unix'], port=port, target='clients')


@pytest.fixture(scope='module')
def backend():
    """[the server, which a test may replace]"""
    servers = [start_backend(free_port())]
    yield servers
    servers[0].stop()


@pytest.fixture(scope='module')
def nginx(tmp_path_factory, backend):
    nginx = Nginx(tmp_path_factory.mktemp('nginx'), backend[0].port)
    nginx.start()
    yield nginx
    nginx.stop()


names = pytest.mark.parametrize('name', ['unix', 'unix-twin', 'cpython'])


@names
def test_what_it_answers(name, nginx):
    authority = str(nginx.authority)
    secure = f'wss://127.0.0.1:{nginx.tls}/echo'
    *echoed, refused, closed, moved = outcomes(
        name,
        (nginx.url('/echo'), {}),
        (nginx.url('/private', 'me:se%40cret@'), {}),
        (nginx.url('/moved'), {'max_redirects': 1}),
        (nginx.url('/secure'), {'max_redirects': 1, 'ssl': authority}),
        (secure, {'ssl': authority}),
        (nginx.url('/private', 'me:wrong@'), {}),
        (nginx.url('/closed'), {}),
        (nginx.url('/moved'), {}),
        target=f'clients-{name}',
    )
    assert echoed == ['hello'] * 5
    for text, status in ((refused, 401), (closed, 403), (moved, 301)):
        assert text.startswith(f'WebSocketError: the server refused: HTTP/1.1 {status} ')


@names
def test_its_server_is_restarted_and_then_itself(name, nginx, backend):
    with Client(name, nginx.url('/echo'), target=f'clients-{name}') as client:
        client.until_open()
        backend[0].stop()
        client.until_retry('^WebSocketError: connection lost')
        client.until_retry('HTTP/1.1 502 ')
        backend[0] = start_backend(backend[0].port)
        client.until_open()
        nginx.stop()
        client.until_retry('^WebSocketError: connection lost')
        client.until_retry('OSError|ConnectionRefusedError')
        nginx.start()
        client.until_open()
