"""install(): this package in the place of microdot.websocket. Each case is a process of its own."""

import subprocess
import sys


def python(code):
    return subprocess.run([sys.executable, '-c', code], capture_output=True, text=True)


def check(code):
    result = python(code)
    assert result.returncode == 0, result.stderr


def test_application_and_microdot_get_the_package():
    check(
        'import microdot_websocket as w; w.install(); w.install()\n'
        'from microdot.websocket import WebSocket, with_websocket\n'
        'import microdot, microdot.asgi, microdot.wsgi, microdot.test_client, microdot.websocket\n'
        'assert WebSocket is w.WebSocket and with_websocket is w.with_websocket\n'
        'assert microdot.asgi.BaseWebSocket is w.WebSocket\n'
        'assert microdot.wsgi.WebSocket is w.WebSocket\n'
        'assert microdot.test_client.WebSocket is w.WebSocket\n'
        'assert microdot.websocket is w\n'
    )


def test_importing_the_package_alone_changes_nothing():
    check(
        'import microdot_websocket as w\n'
        'from microdot.websocket import WebSocket\n'
        'assert WebSocket is not w.WebSocket\n'
    )


def test_too_late():
    for module in ('websocket', 'asgi', 'wsgi', 'test_client'):
        result = python(f'import microdot.{module}, microdot_websocket as w; w.install()')
        assert result.returncode == 1
        assert 'call microdot_websocket.install() before' in result.stderr.splitlines()[-1]


def test_without_zlib():
    """As in firmware without deflate: there is no compression, and all else works."""
    check(
        'import sys; sys.modules["zlib"] = None\n'
        'import microdot_websocket as w\n'
        'from microdot_websocket.features import compression, compression_answers\n'
        'assert compression.deflate is None\n'
        'assert compression.accept("permessage-deflate", 1000) is None\n'
        'assert compression_answers.offer(1000) == ""\n'
    )


def test_without_sha1():
    """As in some firmware: see test_upgrade.py."""
    check(
        'import hashlib; del hashlib.sha1\n'
        'import microdot_websocket as w, microdot_websocket.client as c\n'
        'assert w.with_websocket and c.connect\n'
    )
