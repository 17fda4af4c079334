"""docs/reference.md is what the docstrings say."""

import ast
import re

import reference


def test_it_is_of_today():
    assert reference.PAGE.read_text() == reference.page(), 'make docs'


def test_it_has_all_attributes():
    for name in reference.comments():
        assert re.search(rf'`{name}( = |`)', reference.page()), name


def names(nodes):
    """The public names in a stub, those of methods and attributes too."""
    for node in nodes:
        name = getattr(node, 'name', None) or getattr(getattr(node, 'target', None), 'id', '_')
        if name[0] != '_' and name not in NOT_FOR_APPLICATIONS:
            yield name
            yield from names(node.body if isinstance(node, ast.ClassDef) else ())


NOT_FOR_APPLICATIONS = 'handshake', 'CONT'


def test_it_has_all_that_the_stubs_have():
    stubs = [stub for stub in reference.PACKAGE.glob('*.pyi') if stub.name != '_types.pyi']
    assert len(stubs) == len(reference.MODULES)
    page = reference.page()
    for stub in stubs:
        for name in names(ast.parse(stub.read_text()).body):
            assert re.search(rf'\b{name}\b', page), f'{stub.name}: {name}'


def test_its_links_lead_somewhere():
    page = reference.page()
    headings = re.findall('^##+ (.*)$', page, re.M)
    targets = [reference.link(title) for title in headings]
    assert len(set(targets)) == len(targets)
    linked = re.findall(r'\[[^]]*\]\(#[^)]*\)', page)
    assert len(linked) > 20
    assert set(linked) <= set(targets)
