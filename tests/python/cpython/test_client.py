"""connect() on CPython: a coroutine for asyncio, too, and its own way to connect."""

import asyncio
import os
import socket
import ssl
import sys
import threading

import pytest
from certificates import self_signed
from memory_stream import settle
from microdot_websocket import WebSocket, WebSocketError, upgrade
from microdot_websocket.client import connect
from network import ACCEPTED, URL, Network, accept, is_closed


def test_asyncio_takes_it_for_a_coroutine():
    client = connect(URL)
    assert asyncio.iscoroutine(client)
    client.close()  # as asyncio does with one that it cannot run


def test_a_bad_url_does_not_reach_asyncio():
    with pytest.raises(ValueError):
        asyncio.run(connect('nowhere'))


def test_it_is_closed_in_the_middle():
    async def main():
        with Network() as network:
            client = connect(URL)
            task = asyncio.create_task(client)
            await settle()
            task.cancel()
            await settle()
            assert task.cancelled()
            assert is_closed(network.peer)

    asyncio.run(main())


async def refuse(reader, writer):
    await reader.readuntil(b'\r\n\r\n')
    writer.write(b'HTTP/1.1 503 Full\r\nContent-Length: 0\r\n\r\n')
    await writer.drain()
    writer.close()


@pytest.mark.parametrize('own', [False, True])
def test_over_a_socket(own):
    async def main():
        async with await asyncio.start_server(refuse, '127.0.0.1', 0) as server:
            address = server.sockets[0].getsockname()
            sock = socket.create_connection(address) if own else None
            with pytest.raises(WebSocketError) as raised:
                await connect('ws://127.0.0.1:%d/' % address[1], sock=sock)
            assert raised.value.status_code == 503
            if own:
                await settle()
                assert sock.fileno() == -1

    asyncio.run(main())


class SilentTls:
    """A server in a thread that does the handshake of TLS, may answer a request, and then is never
    heard of again."""

    def __init__(self, folder, answers):
        self_signed(folder / 'own.pem', folder / 'server.pem')
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(folder / 'server.pem')
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.answers = answers
        self.kept = []

    def __enter__(self):
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        for sock in (*self.kept, self.listener):
            sock.close()

    def serve(self):
        try:
            while True:
                sock = self.context.wrap_socket(self.listener.accept()[0], server_side=True)
                self.kept.append(sock)
                request = sock.recv(4000).decode().split('\r\n')
                if self.answers:
                    response = f'{ACCEPTED}Sec-WebSocket-Accept: {accept(request)}\r\n\r\n'
                    sock.sendall(response.encode())
        except OSError:
            pass

    async def connect(self, own):
        address = self.listener.getsockname()
        sock = None
        if own == 'socket':
            sock = socket.create_connection(address)
        elif own == 'streams':
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            sock = await asyncio.open_connection(*address, ssl=context)
        url = 'wss://127.0.0.1:%d/' % address[1]
        return await connect(url, ssl=False, sock=sock, close_timeout=0.02)

    def is_left(self):
        """Whether its client has closed the connection."""
        (kept,) = self.kept
        with socket.socket(fileno=os.dup(kept.fileno())) as sock:  # below TLS
            sock.setblocking(False)
            try:
                while sock.recv(4000):
                    pass
            except BlockingIOError:
                return False
            except ConnectionResetError:
                pass
            return True


@pytest.mark.parametrize('own', [None, 'socket', 'streams'])
class TestTlsThatDoesNotEnd:
    """asyncio's writer would wait for that, half a minute, or for ever before Python 3.11."""

    def test_no_response(self, own, tmp_path, short):
        async def main(server):
            with pytest.raises(WebSocketError):
                await server.connect(own)
            await settle()
            assert server.is_left()

        with SilentTls(tmp_path, False) as server:
            asyncio.run(main(server))

    @pytest.mark.parametrize('how', ['abort', 'close'])
    def test_no_close(self, own, how, tmp_path):
        async def main(server):
            ws = await server.connect(own)
            assert not server.is_left()
            if how == 'abort':
                ws.abort()
            else:
                await ws.close()
            await settle()
            assert server.is_left()

        with SilentTls(tmp_path, True) as server:
            asyncio.run(main(server))


def test_a_name_that_no_host_can_have():
    with pytest.raises(OSError):
        asyncio.run(connect('ws://a..b/'))


@pytest.fixture
def short(monkeypatch):
    monkeypatch.setattr(WebSocket, 'handshake_timeout', 0.02)


@pytest.mark.skipif(sys.version_info < (3, 11), reason='a task does not count who cancels it')
class TestTimeouts:
    """Behind a handshake that has timed out the task is cancelled by nobody."""

    def test_of_the_handshake(self, short):
        async def main():
            with Network():
                with pytest.raises(WebSocketError):
                    await connect(URL)
                assert asyncio.current_task().cancelling() == 0

        asyncio.run(main())

    def test_of_a_refusal_s_body(self, short):
        async def main():
            with Network() as network:
                task = asyncio.create_task(connect(URL).open())
                await settle()
                network.peer.feed(b'HTTP/1.1 403 No\r\n\r\n')
                with pytest.raises(WebSocketError) as raised:
                    await task
                assert (raised.value.status_code, task.cancelling()) == (403, 0)

        asyncio.run(main())

    def test_around_it(self, short):
        async def main():
            with Network():
                with pytest.raises(asyncio.TimeoutError):
                    async with asyncio.timeout(0.1):
                        async for _ in connect(URL, min_delay=0, max_delay=0):
                            raise AssertionError

        asyncio.run(main())

    def test_cancelled_by_another_too(self, short, monkeypatch):
        """In the same turn of the loop: that one counts."""

        async def main():
            with Network():
                task = asyncio.create_task(connect(URL).open())
                cancel = upgrade.Stream.poll
                monkeypatch.setattr(
                    upgrade.Stream, 'poll', lambda *args: (cancel(*args), task.cancel())[0]
                )
                with pytest.raises(asyncio.CancelledError):
                    await task

        asyncio.run(main())
