"""Writes docs/reference.md: the signatures of the stubs, the docstrings of the code.  reference.py

An attribute's text is the `#:` comment above it.
"""

import ast
import inspect
import re
from pathlib import Path

import microdot_websocket
from microdot_websocket import client, group

PACKAGE = Path(microdot_websocket.__file__).parent
PAGE = Path(__file__).with_name('reference.md')
MODULES = {'': microdot_websocket, 'client': client, 'group': group}

TOP = """# Reference

Written by `make docs` from the docstrings. All of it is in `microdot_websocket`, and what is
Microdot's own API in `microdot.websocket` too:

```python
from microdot_websocket import WebSocketError, websocket_upgrade, with_websocket
from microdot_websocket.client import connect
from microdot_websocket.group import Group
```

`microdot_websocket.codec.IMPL` is `'native'` or `'python'`: what decodes the frames.
"""
SECTIONS = {
    'Endpoints': ['with_websocket', 'websocket_upgrade'],
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
}
# What is written instead of a call.
SYNTAX = {'WebSocket.__aiter__': 'async for message in ws', 'WebSocket.__aenter__': 'async with ws'}
ATTRIBUTES = {
    'Limits': (
        'Attributes of the class `WebSocket`. All but `handshake_timeout` may be set on one '
        'connection too, and are options of `with_websocket`.',
        ['max_message_length', 'max_fragments', 'handshake_timeout', 'frame_timeout']
        + ['send_timeout', 'close_timeout', 'read_buffer_size', 'ping_interval', 'ping_timeout'],
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
    await_ = 'await ' if isinstance(node, ast.AsyncFunctionDef) else ''
    returns = ast.unparse(node.returns).replace('_Handler', 'handler')
    return await_ + call + ('' if returns == 'None' else f' -> {returns}')


def arguments(node):
    args = node.args
    for arg in (*args.args, *args.kwonlyargs):
        arg.annotation = None
    text = ast.unparse(args)
    text = re.sub(r'^self(, )?', '', text)
    # Of the options only those that are no attributes.
    return re.sub(r'(f=None, )?\*, (.*), ping_interval=.*', r'\2, **attributes', text)


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
    for path in PACKAGE / 'websocket.py', PACKAGE / '_more.py':
        for line in map(str.strip, path.read_text().splitlines()):
            attribute = re.match(r"""(?:self\.)?'?(\w+)'?(?: =|:) (.*?),?$""", line)
            if line.startswith('#:'):
                text.append(line[3:])
            elif text and attribute:
                found[attribute[1]] = attribute[2], ' '.join(text).replace('``', '`')
            if not line.startswith('#:'):
                text = []
    return found


def page():
    parts = [TOP]
    for title, names in SECTIONS.items():
        parts.append(f'## {title}\n')
        for name in names:
            target, node = find(name)
            parts.append(f'### `{signature(name, node)}`\n\n{markdown(target.__doc__)}\n')
    found = comments()
    for title, (intro, names) in ATTRIBUTES.items():
        rows = [f'| `{name} = {found[name][0]}` | {found[name][1]} |' for name in names]
        parts += [f'## {title}\n\n{intro}\n\n| name | what it is |\n|---|---|', *rows, '']
    return '\n'.join(parts)


if __name__ == '__main__':
    PAGE.write_text(page())
