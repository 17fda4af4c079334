"""The code on the pages of the documentation.

Of the kept tools for this, pytest-examples and mktestdocs, both run one block of Python after the
other. Here most blocks are files of an application that somebody has to talk to, on CPython and on
MicroPython, some of them no Python.
"""

import re
from dataclasses import dataclass

from interpreters import ROOT

PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for path in [*ROOT.glob('*.md'), ROOT / 'examples' / 'README.md', *ROOT.glob('docs/**/*.md')]
)
FENCE = re.compile(
    r'^(?P<indent> *)```(?P<language>\w*)(?: title="(?P<title>[^"]+)")?[^\n]*\n'
    r'(?P<text>.*?)^(?P=indent)```$',
    re.MULTILINE | re.DOTALL,
)


@dataclass
class Block:
    """``title``: the name of the file that it is, None for what is no file."""

    page: str
    line: int
    language: str
    title: str
    text: str

    def __str__(self):
        return f'{self.page}:{self.line}'


def blocks(page):
    text = (ROOT / page).read_text()
    for match in FENCE.finditer(text):
        line = text.count('\n', 0, match.start()) + 2
        indent, code = match['indent'], match['text']
        code = re.sub(f'^{indent}', '', code, flags=re.MULTILINE)
        yield Block(page, line, match['language'], match['title'], code)


def applications(page):
    """The applications on a page: [{name of the file: text}]. Each begins with a main.py."""
    found = []
    for block in blocks(page):
        if (block.title or '').endswith(('.py', '.html')):
            if block.title == 'main.py':
                found.append({})
            assert found, f'{block}: its application has no main.py'
            assert block.title not in found[-1], f'{block}: twice in one application'
            found[-1][block.title] = block.text
    return found
