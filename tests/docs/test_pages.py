"""The Python on the pages, but for the applications, which test_applications.py runs; the commands
and the links there."""

import ast
import re
import shlex
import subprocess
import sys

import pytest
from interpreters import ROOT, command
from microdot_websocket.cli import command as tool
from pages import PAGES, blocks

PYTHON = [
    block
    for page in PAGES
    for block in blocks(page)
    if block.language == 'python' and not block.title
]
# Programs for MicroPython that show what is wrong with it; some need a firmware of their own.
UPSTREAM = [block for block in PYTHON if block.page.startswith('docs/upstream/')]
# What a page's snippets find there, in one line: MicroPython's makemanifest.py provides it, or the
# application that a table's example stands in.
GIVEN = {
    'docs/firmware.md': 'include = lambda path, **options: None;',
    'docs/api.md': 'import asyncio; from microdot import Microdot; '
    'from microdot_websocket import with_websocket; app = Microdot();',
}
# Of the words after mpremote, those that do something.
MPREMOTE = 'connect cp exec fs ls mip mount repl reset rm romfs run'.split()
SHELL = '', 'sh', 'console', 'text'


def test_the_readme_is_short():
    assert len((ROOT / 'README.md').read_text().splitlines()) < 110


def test_there_are_snippets():
    assert len(PYTHON) > 8


@pytest.mark.parametrize('block', [it for it in PYTHON if it not in UPSTREAM], ids=str)
def test_python(block, tmp_path):
    """It comes to its end; what serves for ever is an application: see test_applications.py."""
    script = tmp_path / 'snippet.py'
    given = GIVEN.get(block.page, '')
    script.write_text(given + '\n' * (block.line - 1) + block.text)  # the line is that of the page
    subprocess.run([sys.executable, script], cwd=tmp_path, check=True, timeout=30)


@pytest.mark.parametrize('block', UPSTREAM, ids=str)
def test_python_for_micropython(block, tmp_path):
    ast.parse(block.text)
    if 'import oom' in block.text:
        return  # tests/oom has that firmware
    (tmp_path / 'snippet.py').write_text(block.text)
    arguments, env = command('unix')
    done = subprocess.run([*arguments, 'snippet.py'], cwd=tmp_path, env=env, timeout=30)
    assert done.returncode == 0


def lines(page, word):
    """What stands behind a command's name in the blocks for a shell of a page."""
    for block in blocks(page):
        if block.language in SHELL:
            for line in block.text.splitlines():
                match = re.match(rf'(?:\$ )?(?:[\w/.]*bin/)?{word} (.*)', line)
                if match:
                    yield match[1].partition(' <')[0]


@pytest.mark.parametrize('page', PAGES)
def test_commands(page):
    for words in lines(page, 'microdot-websocket'):
        try:
            tool.parser().parse_args(shlex.split(words, comments=True))
        except SystemExit as end:
            assert not end.code, f'microdot-websocket {words}'
    for words in lines(page, 'mpremote'):
        assert [it for it in shlex.split(words) if it in MPREMOTE], f'mpremote {words}'
    goals = [words.split()[0] for words in lines(page, 'make')]
    assert {goal for goal in goals if re.match('[a-z]', goal)} <= goals_of_make()


def goals_of_make():
    done = subprocess.run(['make', 'help'], cwd=ROOT, capture_output=True, text=True)
    return set(re.findall(r'^  make ([a-z-]+)', done.stdout, re.MULTILINE))


# Where a figure may come from besides: the table of the ROM partition, an emulated Pico.
FIGURES = 'docs/bench/README.md', 'docs/command.md', 'python/microdot_websocket/cli/chips.py'


@pytest.mark.parametrize('page', ['README.md', 'docs/performance.md', 'docs/howto/memory.md'])
def test_figures_are_those_that_were_measured(page):
    measured = ''.join((ROOT / name).read_text() for name in FIGURES)
    rows = re.findall(r'^\|[^|]+((?:\| *[\d.,]+ *)+)\|$', (ROOT / page).read_text(), re.MULTILINE)
    figures = re.findall(r'\d+,[\d,]+', ''.join(rows))
    assert len(figures) > 5
    assert [figure for figure in figures if figure not in measured] == []


@pytest.mark.parametrize('page', PAGES)
def test_links_to_files(page):
    """As GitHub follows them; tests/site has those of the site."""
    text = re.sub('^```.*?^```$', '', (ROOT / page).read_text(), flags=re.MULTILINE | re.DOTALL)
    for target in re.findall(r'\]\(([^)#:\s]+)(?:#[^)]*)?\)', text):
        assert ((ROOT / page).parent / target).exists(), target


@pytest.mark.parametrize('page', PAGES)
def test_it_names_targets_of_the_tests(page):
    from targets import GROUPS, ON_DEMAND, TARGETS

    known = {*TARGETS, *ON_DEMAND, *GROUPS}
    for names in re.findall(r'TARGETS="?([a-z0-9 -]+)', (ROOT / page).read_text()):
        assert set(names.split()) <= known, names
