"""docs/start/troubleshooting.md quotes what the command says, and no more."""

import ast
import re

from interpreters import BUILD, ROOT
from microdot_websocket.cli.files import modules
from pages import blocks

CLI = ROOT / 'python' / 'microdot_websocket' / 'cli'
PAGE = (ROOT / 'docs' / 'start' / 'troubleshooting.md').read_text()
# A line of its own in backquotes, in two if there are some in it.
QUOTED = re.findall(r'^(?:`` (.*) ``|`([^`]*)`)$', PAGE, re.MULTILINE)
QUOTED = [two or one for two, one in QUOTED]


def text(node):
    """Of a string, an f-string or a sum of them, with … for what is put in; None for the rest."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return re.sub(r'\{\w*\}', '…', node.value)
    if isinstance(node, ast.JoinedStr):
        return ''.join(text(part) or '…' for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        sides = text(node.left), text(node.right)
        return None if sides == (None, None) else ''.join(side or '…' for side in sides)
    return None


def said():
    for path in CLI.rglob('*.py'):
        for node in ast.walk(ast.parse(path.read_text())):
            words = text(node)
            if words and ' ' in words:
                yield words


def pattern(quoted):
    return '.*'.join(re.escape(part) for part in quoted.split('…'))


def test_what_is_quoted_is_said():
    sources = list(said())
    assert len(QUOTED) > 20
    for quoted in QUOTED:
        # What names a board comes from one place, what was wrong from another.
        short = re.sub('^…: (nothing was done: )?', '', quoted)
        assert any(re.search(pattern(short), words) for words in sources), quoted


# Of what does not stand in the command's sources: the board, its files and tests, an application.
OTHERS = (
    r'/dev/\w+: [\w ]+, MicroPython [\d.]+, \w+',
    r'\d+ of \d+  [\w/]+\.mpy',
    r'\d+ passed, 0 failed, 0 skipped',
    r'http://[\d.]+:5000',
    r'\d\.\d\.\d',
)
# With which a block begins that is to be typed.
COMMANDS = 'microdot-websocket ', 'mpremote ', 'cd ', 'python3 ', 'py ', 'sudo ', 'pip ', 'esptool '


def test_what_is_shown_is_printed():
    """Line by line, whatever the numbers are: the pages have them from a run."""
    templates = [line for words in said() for line in words.strip('\n').split('\n')]
    templates = [pattern(line) for line in templates if len(re.sub('[^a-z]', '', line)) > 4]
    lines = []
    for path in sorted((ROOT / 'docs' / 'start').glob('*.md')):
        for block in blocks(path.relative_to(ROOT).as_posix()):
            if not block.text.startswith(COMMANDS):
                lines += block.text.splitlines()
    assert len(lines) > 15
    for line in lines:
        assert any(re.fullmatch(known, line) for known in (*OTHERS, *templates)), line


def test_how_many_files_are_installed():
    """Give or take some: the next feature brings one more."""
    page = (ROOT / 'docs' / 'start' / 'first-page.md').read_text()
    (shown,) = set(re.findall(r'(?:^\d+ of|^Installed:) (\d+) ', page, re.MULTILINE))
    assert abs(int(shown) - len(modules(BUILD / 'unix'))) < 6  # which has the natmod, too


def test_what_new_prints(tmp_path, monkeypatch, capsys):
    from microdot_websocket.cli.command import main

    shown = [block.text for block in blocks('docs/start/first-page.md')]
    monkeypatch.chdir(tmp_path)
    assert main(['new', 'echo']) == 0
    assert capsys.readouterr().out in shown
