"""Writes the stubs with the docstrings of the code in them: what mkdocstrings reads.

The signatures stand in the stubs, the texts in the code, some of it imported when it is first used.
An attribute's text is the `#:` comment above it.
"""

import ast
import importlib
import inspect
import re
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[2] / 'python' / 'microdot_websocket'
NAMED_IN_COMMENTS = 'websocket.py', 'features/__init__.py'


def write(folder):
    there = folder / PACKAGE.name
    there.mkdir(parents=True, exist_ok=True)
    for stub in PACKAGE.glob('*.pyi'):
        (there / stub.with_suffix('.py').name).write_text(documented(stub))


def documented(stub):
    """The text of a stub, with what its module's objects say of themselves."""
    tree = ast.parse(stub.read_text())
    name = PACKAGE.name if stub.stem == '__init__' else f'{PACKAGE.name}.{stub.stem}'
    if not stub.stem.startswith('_t'):  # _types, which is of the stubs alone
        module = importlib.import_module(name)
        describe(tree, module)
    return ast.unparse(tree)


def describe(node, thing):
    """Write into a module or a class of a stub what the thing itself has for documentation."""
    attributes = comments() if getattr(thing, '__name__', '') == 'WebSocket' else {}
    body = []
    for child in node.body:
        body.append(child)
        if isinstance(child, ast.AnnAssign) and child.target.id in attributes:
            default, words = attributes[child.target.id]
            if default is not None:
                child.value = ast.parse(default).body[0].value
            body.append(text(words))
        elif isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            # @overload: the last stands for all.
            child.decorator_list = [it for it in child.decorator_list if it.id != 'overload']
            there = vars(thing).get(child.name)
            if isinstance(child, ast.ClassDef):
                describe(child, there)
            words = attributes.get(child.name, (None, getattr(there, '__doc__', None)))[1]
            if words:
                child.body.insert(0, text(markdown(words)))
    node.body = body


def text(words):
    return ast.Expr(ast.Constant(words))


def comments():
    """{attribute: (its default or None, the text of its `#:` comment)}"""
    found, words = {}, []
    for path in NAMED_IN_COMMENTS:
        for line in map(str.strip, (PACKAGE / path).read_text().splitlines()):
            attribute = re.match(r"""(?:self\.)?'?(\w+)'?(?:(?:: [^=]+)? =|:) (.*?),?$""", line)
            if line.startswith('#:'):
                words.append(line[3:])
            elif words and attribute:
                name, default = attribute.groups()
                if default == name:  # what the constructor was given
                    default = None
                found[name] = default, ' '.join(words).replace('``', '`')
            if not line.startswith('#:'):
                words = []
    return found


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
        if line.startswith(':param') and lines and lines[-1] and lines[-1][0] not in '- ':
            lines.append('')
        line = re.sub(r'^:param (\w+):', r'- `\1`:', line).replace('``', '`')
        if line.endswith('::'):
            line, in_block = line[:-1], True
        lines.append(re.sub('^ {4,}', '    ', line))
        if in_block:
            lines += ['', '```python']
    return '\n'.join(lines + (['```'] if in_block else []))
