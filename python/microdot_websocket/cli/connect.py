"""talk to a WebSocket server, line by line

What is typed is sent, a message a line; what arrives is printed, binary messages in hex. The end of
the input (Ctrl-D, on Windows Ctrl-Z) closes the connection, and its close code is the last line.

examples:
  microdot-websocket connect ws://192.168.4.1:5000/echo
  microdot-websocket connect wss://example.com/chat --subprotocol chat --header "Cookie: id=1"
  echo hello | microdot-websocket connect ws://192.168.4.1:5000/echo
"""

import asyncio
import sys
import threading

from .. import WebSocketError
from ..client import connect
from . import Failed

LATE = 1  # seconds in which answers still come after the end of the input


def add_arguments(parser):
    parser.add_argument('url', help='ws://host[:port]/path or wss://...')
    parser.add_argument('--subprotocol', action='append', default=[], metavar='NAME')
    parser.add_argument('--header', action='append', default=[], metavar='NAME: VALUE')
    parser.add_argument('--ping', action='store_true', help='print the round-trip time')


def headers(lines):
    pairs = [line.partition(':') for line in lines]
    wrong = [name for name, colon, _ in pairs if not colon]
    if wrong:
        raise Failed(f'--header {wrong[0]}: it must be NAME: VALUE')
    return {name.strip(): value.strip() for name, _, value in pairs}


def lines_of(stream, loop):
    """A queue of the lines of a stream, None at its end. A thread that nobody waits for reads."""
    queue: asyncio.Queue = asyncio.Queue()

    def put(line):
        try:
            loop.call_soon_threadsafe(queue.put_nowait, line)
        except RuntimeError:  # the loop has ended
            pass

    def read():
        for line in stream:
            put(line.rstrip('\r\n'))
        put(None)

    threading.Thread(target=read, daemon=True).start()
    return queue


async def send_lines(ws, queue):
    while True:
        line = await queue.get()
        if line is None:
            await asyncio.sleep(LATE)
            await ws.close()
            return
        await ws.send(line)


async def print_messages(ws, ping):
    if ping:  # the answer is read below
        task = asyncio.create_task(print_ping(ws))  # noqa: F841  asyncio holds it weakly
    async for message in ws:
        print(message if isinstance(message, str) else message.hex(' '), flush=True)


async def print_ping(ws):
    print(f'ping: {await ws.ping():.1f} ms', flush=True)


async def talk(args):
    try:
        ws = await connect(args.url, headers(args.header), subprotocols=args.subprotocol)
    except ValueError as error:  # of an argument, which it names
        raise Failed(str(error))
    except ConnectionRefusedError:
        raise Failed(f'{args.url}: the connection was refused: does a server run there?')
    except (OSError, WebSocketError) as error:
        raise Failed(f'{args.url}: {error or type(error).__name__}')
    if ws.subprotocol:
        print(f'subprotocol: {ws.subprotocol}', flush=True)
    try:
        queue = lines_of(sys.stdin, asyncio.get_running_loop())
        sender = asyncio.create_task(send_lines(ws, queue))
        try:
            await print_messages(ws, args.ping)
        finally:
            sender.cancel()
            await asyncio.gather(sender, return_exceptions=True)
    except WebSocketError as error:
        print(f'closed: {error.code} {error.reason}'.rstrip(), flush=True)
        return 1
    print(f'closed: {ws.close_code or "no code"} {ws.close_reason or ""}'.rstrip(), flush=True)
    return 0


def run(args):
    return asyncio.run(talk(args))
