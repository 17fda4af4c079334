"""The stubs agree with the code, and with what applications do."""

import ast
import subprocess
import sys
from pathlib import Path

import microdot_websocket
from microdot_websocket import (
    WebSocket,
    byte_stream,
    client,
    codec,
    features,
    group,
    relay,
    server,
    topics,
    trace,
)
from microdot_websocket.features import attributes, client_options

ROOT = Path(__file__).resolve().parents[3]

MODULES = (
    microdot_websocket,
    byte_stream,
    client,
    codec,
    group,
    relay,
    server,
    topics,
    trace,
)
PACKAGE = Path(features.__file__).parents[1]

# What the modules of the package use of a WebSocket, and applications do not.
INSIDE = """
abort acquire background compressed discard drain expires replace exception flush listen local lock
message_lock next open pings poll protocol read reader register release schedule shutdown start
state throw ticks timeout update values wait_closed wait_for waiting watch writer
"""
# What stubs cannot know, or need not: what is private or within the package, what a type checker
# takes for CPython's, and what WebSocket.__getattr__ supplies.
ALLOWED = r"""
# What `new` writes: they import the wifi.py beside them.
microdot_websocket\.cli\.apps\..*
microdot_websocket\._.*
microdot_websocket\.cli\.on_board\..*
microdot_websocket\.websocket\.(exc|WebSocket\..*)
microdot_websocket\.timer\..*
microdot_websocket\.core\.twin\.Protocol\.(__getattr__|code|data|locked|start|sum|waiting)
microdot_websocket\.features\.deflate
# Computed when they are asked for.
microdot_websocket\.WebSocket\.(id|buffered_bytes)
# Where the extension is not built.
microdot_websocket\.transport\.native
# What topics.py shares with group.py, and relay.py with both.
microdot_websocket\.(group|topics|relay)\.(Backlog|Group|Topics|Relay)(\.(add|backlog|catch_up|deliver|discard|keep|members|post|subscribers|sweep|with_memory))?
microdot_websocket\.relay\.matches
# What Relay calls.
microdot_websocket\.relay\.(Relay\.(expires|next|poll|start)|(MqttAs|Aiomqtt)\.(publish|run))
microdot_websocket\.byte_stream\.ByteStream\.(expires|next|poll)
microdot_websocket\.WebSocket\.(%s)
microdot_websocket\.WebSocket\.receive
microdot_websocket\.client\.(core|parse_url|request_bytes|connect\.(__iter__|__getattr__|address|open))
microdot_websocket\.upgrade\.(Stream\..*|done|enqueue|queue|serve|update)
""" % '|'.join(INSIDE.split())

APPLICATION = """
import asyncio

from microdot import Microdot, Request, Response
from microdot_websocket import WebSocket, WebSocketError, websocket_upgrade, with_websocket
from microdot_websocket.byte_stream import open_connection
from microdot_websocket.client import connect
from microdot_websocket.group import Group
from microdot_websocket.relay import Aiomqtt, MqttAs, Relay
from microdot_websocket.topics import Topics
from microdot_websocket.trace import trace

app = Microdot()
group = Group(send_timeout=2)
topics = Topics(max_backlog=9, max_members=5, on_leave=lambda ws, code, reason: print(code))


@with_websocket
async def plain(request: Request, ws: WebSocket) -> None:
    async for message in ws:
        await ws.send(message)
    code: int | None = ws.close_code


def gone(ws: WebSocket, code: int, reason: str) -> None:
    print(ws.id, code, reason.upper())


@with_websocket(subprotocols=('a',), origins=('http://a', None), compression=True, ping_interval=20)
async def more(request: Request, ws: WebSocket) -> None:
    trace(ws)
    ws.on_disconnect(gone)
    await ws.send_json({'a': [1]})
    await ws.send(str((await ws.receive_json(timeout=2))['a'] + ws.buffered_bytes))
    await ws.receive(max_message_length=100)
    group.add(ws)
    n: int = await ws.receive_into(bytearray(10), timeout=2)
    last: str | bytes = await ws.receive(timeout=0.5)
    async for piece in ws.stream(bytearray(10)):
        piece.hex()
    await ws.send_stream(part for part in ('a', 'b'))
    milliseconds: float = await ws.ping()
    await group.send('x', exclude=ws)
    topics.subscribe(ws, 'temp')
    await topics.publish('temp', b'21', exclude=ws)
    await topics.close()
    relay = Relay(Aiomqtt('10.0.0.4', username='me'), 'chat', plain='sensors/#', latest=True)
    Relay(MqttAs(object()), 'chat', convert=lambda topic, payload: topic.encode() + payload)
    relay.subscribe(ws, 'sensors/#')
    await relay.publish('temp', '21', exclude=ws)
    await relay.run()


async def upgrade(request: Request) -> None:
    response = Response()
    response.set_cookie('a', 'b')
    ws = await websocket_upgrade(
        request, max_message_length=0, headers={'Server': 'x'}, on_disconnect=gone
    )
    await ws.close(4000, 'enough')


async def client() -> None:
    try:
        async with await connect('ws://a/', headers={'X': 'y'}, close_timeout=1) as ws:
            await ws.send(b'x', ws.BINARY)
        async with connect('ws://a/') as ws:
            await ws.send(b'x')
        async for ws in connect('ws://a/', max_delay=10, on_retry=print):
            await ws.send(b'x')
        ws = await asyncio.create_task(connect('ws://a/'))
        ws = await asyncio.wait_for(connect('ws://a/'), 5)
        reader, writer = await open_connection('ws://a/', subprotocols=('mqtt',), ping_interval=9)
        await writer.awrite((await reader.readexactly(2)) + (await reader.readline()))
    except WebSocketError as exc:
        print(exc.code, exc.reason)
"""

MISTAKES = """
from microdot import Request
from microdot_websocket import WebSocket, websocket_upgrade, with_websocket
from microdot_websocket.client import connect


@with_websocket(ping_intervall=20)
async def echo(request: object, ws: WebSocket) -> None:
    await ws.send(5)
    await ws.recieve()


# What is gone through more than once.
async def generators(request: Request) -> None:
    await websocket_upgrade(request, origins=(origin for origin in ['http://a']))
    await connect('ws://a/', subprotocols=(name for name in ['a', 'b']))
"""


def mypy(*words, cwd=ROOT):
    command = [sys.executable, '-m', *words]
    process = subprocess.run(command, cwd=cwd, stdout=subprocess.PIPE, text=True, check=False)
    return process.stdout


def check(code, folder):
    """The errors that mypy finds in an application."""
    (folder / 'application.py').write_text(code)
    config = str(ROOT / 'pyproject.toml')
    found = mypy('mypy', '--strict', '--config-file', config, 'application.py', cwd=folder)
    return [line for line in found.splitlines() if ': error: ' in line]


def test_stubs_and_code_agree(tmp_path):
    allowed = tmp_path / 'allowed'
    allowed.write_text(ALLOWED.strip())
    words = ['--allowlist', str(allowed), '--ignore-unused-allowlist']
    words += ['--mypy-config-file', 'pyproject.toml']
    found = mypy('mypy.stubtest', 'microdot_websocket', *words)
    assert found.startswith('Success'), found


def functions(body, owner):
    """Pairs of (a function's node in a stub, what it is in the code)."""
    for node in body:
        if isinstance(node, ast.ClassDef) and hasattr(owner, node.name):  # else a TypedDict
            yield from functions(node.body, getattr(owner, node.name))
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node, getattr(owner, node.name)


def in_words(annotation):
    """Of code, which has some in quotes."""
    if isinstance(annotation, str):
        return annotation
    return annotation.__name__ if type(annotation) is type else str(annotation)


# Where the stub says what applications see, and the code what there is besides.
TWO_TYPES = {
    ('__aenter__', 'return'),  # Self
    ('__init__', 'request'),  # a client has none
    ('on_disconnect', 'f'),  # a TypeVar
    ('on_disconnect', 'return'),
    ('receive', 'return'),  # an int, if it is in a buffer
    ('with_websocket', 'f'),  # overloads
    ('with_websocket', 'return'),
}


def test_the_types_of_the_stubs_are_those_of_the_code():
    compared, different = 0, set()
    for module in MODULES:
        stub = Path(module.__file__).with_suffix('.pyi')
        for node, function in functions(ast.parse(stub.read_text()).body, module):
            types = {arg.arg: arg.annotation for arg in node.args.args if arg.arg != 'self'}
            types['return'] = node.returns
            # What is in C has none.
            for name, annotation in getattr(function, '__annotations__', {}).items():
                if name in types:
                    compared += 1
                    if in_words(annotation) != ast.unparse(types[name]):
                        different.add((node.name, name))
    assert different == TWO_TYPES
    assert compared > 60


def statements(stub, kind):
    return [node for node in ast.parse((PACKAGE / stub).read_text()).body if isinstance(node, kind)]


def options_in(name):
    """Those in a TypedDict of the stub, and in those that it is derived from."""
    (cls,) = [node for node in statements('__init__.pyi', ast.ClassDef) if node.name == name]
    names = [node.target.id for node in cls.body]
    return names + [n for base in cls.bases if base.id != 'TypedDict' for n in options_in(base.id)]


def test_options():
    # stubtest takes **options for anything.
    assert sorted(options_in('_Options')) == sorted(attributes.NAMES)
    assert sorted(options_in('_ClientOptions')) == sorted(client_options.NAMES)


def test_attributes():
    # Those of an object are nothing that stubtest can see.
    (cls,) = [node for node in statements('__init__.pyi', ast.ClassDef) if node.name == 'WebSocket']
    in_stub = {node.target.id for node in cls.body if isinstance(node, ast.AnnAssign)}
    in_stub |= {node.name for node in cls.body if isinstance(node, ast.FunctionDef)}
    assert in_stub >= set(features.DEFAULTS)
    ws = WebSocket(None)
    assert [name for name in in_stub if not hasattr(ws, name)] == []


def test_an_application(tmp_path):
    assert check(APPLICATION, tmp_path) == []


def test_mistakes_are_found(tmp_path):
    errors = ' '.join(check(MISTAKES, tmp_path))
    for word in ('ping_intervall', '"send"', '"recieve"', '"origins"', '"subprotocols"'):
        assert word in errors or word.strip('"') in errors, errors
