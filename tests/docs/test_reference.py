"""docs/reference.md asks for all that applications write, and all of that has a text."""

import ast
import re

import documented_stubs
from interpreters import ROOT

PAGE = (ROOT / 'docs' / 'reference.md').read_text()
STUBS = [stub for stub in documented_stubs.PACKAGE.glob('*.pyi') if stub.name != '_types.pyi']
NOT_FOR_APPLICATIONS = 'handshake', 'CONT', 'TEXT', 'BINARY', 'CLOSE', 'PING', 'PONG'
# In the docstring of a class or a module.
TOLD_OF = 'code reason status_code headers body send_timeout max_backlog ABI IMPL Protocol'.split()
TOLD_OF += 'latest drop max_members on_leave'.split()
TOLD_OF += 'client plain convert qos max_waiting min_delay max_delay on_retry filters'.split()
TOLD_OF += 'connected dropped id ws'.split()


def names(nodes, before):
    """The public names in a stub, those of methods and attributes too; not what a coroutine has."""
    for node in nodes:
        name = getattr(node, 'name', None) or getattr(getattr(node, 'target', None), 'id', '_')
        if name[0] != '_' and name not in NOT_FOR_APPLICATIONS:
            yield f'{before}.{name}'
            if isinstance(node, ast.ClassDef) and not is_coroutine(node):
                yield from names(node.body, f'{before}.{name}')


def is_coroutine(node):
    return any(ast.unparse(base).startswith('Coroutine[') for base in node.bases)


def all_names():
    for stub in STUBS:
        module = '' if stub.stem == '__init__' else f'.{stub.stem}'
        yield from names(ast.parse(stub.read_text()).body, f'microdot_websocket{module}')


def test_it_has_all_that_the_stubs_have():
    asked = re.findall(r'^::: (\S+)$', PAGE, re.M)
    assert len(set(asked)) == len(asked) > 40
    # What a class says of its arguments stands in its docstring.
    known = {*asked, 'microdot_websocket.WebSocket'}
    missing = [name for name in all_names() if name not in known]
    assert [name for name in missing if name.rpartition('.')[2] not in TOLD_OF] == []


def test_what_it_asks_for_has_a_text():
    undocumented = []
    for stub in STUBS:
        module = '' if stub.stem == '__init__' else f'.{stub.stem}'
        body = ast.parse(documented_stubs.documented(stub)).body
        undocumented += list(without_text(body, f'microdot_websocket{module}'))
    asked = re.findall(r'^::: (\S+)$', PAGE, re.M)
    assert [name for name in asked if name in undocumented] == []


def without_text(body, before):
    for node, after in zip(body, [*body[1:], None]):
        name = f'{before}.{getattr(node, "name", getattr(getattr(node, "target", 0), "id", "_"))}'
        if isinstance(node, ast.AnnAssign):
            if not isinstance(after, ast.Expr):
                yield name
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            if not ast.get_docstring(node):
                yield name
            if isinstance(node, ast.ClassDef):
                yield from without_text(node.body, name)


def test_markdown_of_a_docstring():
    text = documented_stubs.markdown(
        """Do it, with ``care``::

            it()

        :param a: one thing,
            which is long.
        :param b: another.
        """
    )
    assert text == (
        'Do it, with `care`:\n\n```python\nit()\n```\n\n'
        '- `a`: one thing,\n    which is long.\n- `b`: another.'
    )
