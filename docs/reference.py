"""Writes docs/reference.md: the signatures of the stubs, the docstrings of the code.  reference.py

An attribute's text is the `#:` comment above it.
"""

import ast
import inspect
import re
from pathlib import Path

import microdot_websocket
from microdot_websocket import client, codec, group, server

PACKAGE = Path(microdot_websocket.__file__).parent
PAGE = Path(__file__).with_name('reference.md')
MODULES = {
    '': microdot_websocket,
    'client': client,
    'codec': codec,
    'group': group,
    'server': server,
}

TOP = """# Reference

Written by `make docs` from the docstrings. All of it is in `microdot_websocket`, and what is
Microdot's own API in `microdot.websocket` too:

```python
from microdot_websocket import WebSocketError, websocket_upgrade, with_websocket
from microdot_websocket.client import connect
from microdot_websocket.group import Group
from microdot_websocket.server import run, serve, shutdown
```

What an application does not use is not imported. Type stubs come with the pip package, so that
editors complete all of this. [RFC 6455](https://www.rfc-editor.org/rfc/rfc6455) is the WebSocket
protocol.
"""
SECTIONS = {
    'Endpoints': ['with_websocket', 'websocket_upgrade', 'websocket_wrapper'],
    'Receiving': [
        'WebSocket.receive',
        'WebSocket.__aiter__',
        'WebSocket.receive_into',
        'WebSocket.stream',
    ],
    'Sending': ['WebSocket.send', 'WebSocket.send_stream', 'WebSocket.ping'],
    'Closing': ['WebSocket.close', 'WebSocket.__aenter__', 'WebSocketError'],
    'Many connections': ['Group', 'Group.add', 'Group.discard', 'Group.send'],
    'A client': ['client.connect'],
    'A server that ends well': ['server.run', 'server.serve', 'server.shutdown'],
    'On CPython': ['install'],
    'The codec': ['codec.utf8'],
}
INTROS = {
    'On CPython': '`python -m microdot_websocket app.py` runs an application as it is.',
    'The codec': codec.__doc__,
}
# What is written instead of a call.
SYNTAX = {'WebSocket.__aiter__': 'async for message in ws', 'WebSocket.__aenter__': 'async with ws'}
ATTRIBUTES = {
    'Limits': (
        'Attributes of the class `WebSocket`, for connections from then on. All but the first '
        'four may be set on one connection too, and are options of `with_websocket`.',
        ['max_connections', 'evict_idle', 'handshake_timeout', 'max_header_size']
        + ['max_message_length', 'max_fragments', 'max_incomplete']
        + ['message_timeout', 'frame_timeout', 'send_timeout', 'close_timeout']
        + ['read_buffer_size', 'ping_interval', 'ping_timeout'],
    ),
    'State': (
        'Attributes of a connection, and what they are at first.',
        ['request', 'closed', 'close_code', 'close_reason', 'subprotocol', 'compression']
        + ['message_type'],
    ),
}


def find(name):
    """(the object, its node in the stub) of 'with_websocket', 'client.connect', 'Group.add'."""
    *before, last = name.split('.')
    module = before[0] if before and before[0] in MODULES else ''
    if 'Group' in name:
        module = 'group'
    names = [part for part in (*before, last) if part != module]
    stub = PACKAGE / f'{module or "__init__"}.pyi'
    target, nodes = MODULES[module], ast.parse(stub.read_text()).body
    for part in names:
        target = getattr(target, part)
        node = [node for node in nodes if getattr(node, 'name', None) == part][-1]
        nodes = getattr(node, 'body', [])
    return target, node


def signature(name, node):
    if name in SYNTAX:
        return SYNTAX[name]
    if isinstance(node, ast.ClassDef):
        inits = [item for item in node.body if getattr(item, 'name', '') == '__init__']
        return f'class {node.name}({arguments(inits[0])})'
    owner = name.rpartition('.')[0].lower().replace('websocket', 'ws').replace('client', '')
    call = f'{owner + "." if owner else ""}{node.name}({arguments(node)})'
    returns = ast.unparse(node.returns)
    if '_Handler' in returns:
        return '@' + call
    await_ = 'await ' if isinstance(node, ast.AsyncFunctionDef) else ''
    return await_ + call + ('' if returns == 'None' else f' -> {returns}')


def arguments(node):
    args = node.args
    for arg in filter(None, (*args.args, args.kwarg)):
        arg.annotation = None
    return re.sub(r'^self(, )?|f=None, ', '', ast.unparse(args))


def markdown(docstring):
    """Of reStructuredText what the docstrings use: ``code``, :param name:, and blocks behind ::."""
    lines, in_block = [], False
    for line in inspect.cleandoc(docstring).splitlines():
        if in_block and line and not line.startswith('    '):
            while not lines[-1]:
                lines.pop()
            lines += ['```', '']
            in_block = False
        if in_block:
            if line or lines[-1] != '```python':
                lines.append(line[4:])
            continue
        line = re.sub(r'^:param (\w+):', r'- `\1`:', line).replace('``', '`')
        if line.endswith('::'):
            line, in_block = line[:-1], True
        lines.append(re.sub('^ {4,}', '  ', line))
        if in_block:
            lines += ['', '```python']
    return '\n'.join(lines + (['```'] if in_block else []))


def comments():
    """{attribute: (its default, the text of its `#:` comment)}"""
    found, text = {}, []
    for path in PACKAGE / 'websocket.py', PACKAGE / 'features' / '__init__.py':
        for line in map(str.strip, path.read_text().splitlines()):
            attribute = re.match(r"""(?:self\.)?'?(\w+)'?(?:(?:: [^=]+)? =|:) (.*?),?$""", line)
            if line.startswith('#:'):
                text.append(line[3:])
            elif text and attribute:
                found[attribute[1]] = attribute[2], ' '.join(text).replace('``', '`')
            if not line.startswith('#:'):
                text = []
    return found


def heading(name):
    short = name.replace('WebSocket.', 'ws.').replace('Group.', 'group.').replace('client.', '')
    return SYNTAX.get(name) or short


def link(title):
    """To a heading, as GitHub names them."""
    anchor = re.sub(r'[^\w -]', '', title.lower()).replace(' ', '-')
    return f'[{title}](#{anchor})'


def summary(docstring):
    """Its first sentence, without the name that it may begin with."""
    first = ' '.join(inspect.cleandoc(docstring).partition('\n\n')[0].split())
    first = re.sub(r'^``a[^`]*``: ', '', first)
    first = re.split(r'::$|[.;](?= |$)', first)[0].replace('``', '`')
    return first[0].upper() + first[1:]


def index():
    lines = ['| | |', '|---|---|']
    for names in SECTIONS.values():
        for name in names:
            lines.append(f'| {link(heading(name))} | {summary(find(name)[0].__doc__)} |')
    places = ' and '.join(link(title) for title in ATTRIBUTES)
    return '\n'.join([*lines, f'\nAttributes: {places}.\n'])


def page():
    parts = [TOP, index()]
    for title, names in SECTIONS.items():
        parts.append(f'## {title}\n')
        if title in INTROS:
            parts.append(markdown(INTROS[title]) + '\n')
        for name in names:
            target, node = find(name)
            call = f'```python\n{signature(name, node)}\n```\n\n' if name not in SYNTAX else ''
            parts.append(f'### {heading(name)}\n\n{call}{markdown(target.__doc__)}\n')
    found = comments()
    for title, (intro, names) in ATTRIBUTES.items():
        rows = [f'| `{setting(name, found[name][0])}` | {found[name][1]} |' for name in names]
        parts += [f'## {title}\n\n{intro}\n\n| name | what it is |\n|---|---|', *rows, '']
    return '\n'.join(parts)


def setting(name, default):
    return f'{name} = {default}' if default != name else name


if __name__ == '__main__':
    PAGE.write_text(page())
