"""The boards in the docs are those of ports/, and the docs name what there is."""

import re
import subprocess

import pytest
from interpreters import INTERPRETERS, ROOT
from microdot_websocket.cli.chips import CHIPS
from targets import BOARDS, GROUPS, ON_DEMAND, TARGETS

GUIDES = [
    'README.md',
    'CONTRIBUTING.md',
    *[f'docs/{name}.md' for name in 'boards command porting release testing'.split()],
]


def variables(port):
    """{name: value} of a port.mk's _ARCHS."""
    text = (ROOT / 'ports' / port / 'port.mk').read_text()
    return dict(re.findall(rf'^{port}_(ARCHS) := (.+)$', text, re.MULTILINE))


def rows(guide, head):
    """The rows of a guide's table with this head, as lists of the code in each cell."""
    table = (ROOT / guide).read_text().partition(head)[2].partition('\n\n')[0]
    lines = table.splitlines()[2:]
    return [[re.findall('`([^`]+)`', cell) for cell in line.split('|')[1:-1]] for line in lines]


PORTS = {path.parent.name for path in (ROOT / 'ports').glob('*/port.mk')}
ARCHS = {arch for port in PORTS for arch in variables(port)['ARCHS'].split()}


def test_the_table_of_the_readme_is_that_of_the_command():
    table = (ROOT / 'README.md').read_text().partition('| board | native module |')[2]
    listed = [line.split(' | ') for line in table.partition('\n\n')[0].splitlines()[2:]]
    assert [[cell.strip(' |') for cell in line] for line in listed] == [
        [
            chip.boards,
            ' '.join(f'`{arch}`' for arch in chip.archs),
            f'`{chip.port}`' if chip.port else '',
            chip.network or chip.memory,
            chip.left,
        ]
        for chip in CHIPS
    ]


def test_each_port_has_its_chip():
    archs = {chip.port: chip.archs for chip in CHIPS if chip.port}
    assert set(archs) == PORTS - {'unix'}
    for port, known in archs.items():
        own = variables(port)['ARCHS'].split()
        assert list(known[: len(own)]) == own
    assert all(set(chip.archs) <= ARCHS for chip in CHIPS)


def test_each_native_module_has_its_line():
    listed = [
        arch for row in rows('docs/testing.md', '| native module | what runs it') for arch in row[0]
    ]
    assert sorted(listed) == sorted(ARCHS)


def test_each_native_module_runs_somewhere():
    machines = [*INTERPRETERS.values(), *BOARDS.values()]
    assert {machine.arch for machine in machines} - {''} == ARCHS


def test_a_folder_in_ports_is_a_board():
    folders = {path.name for path in (ROOT / 'ports').iterdir() if path.is_dir()}
    assert folders - {'__pycache__'} == PORTS
    for port in PORTS:
        assert set(variables(port)) == {'ARCHS'}


@pytest.mark.parametrize('guide', GUIDES)
def test_a_guide_names_what_there_is(guide):
    path = ROOT / guide
    text = path.read_text()
    for target in re.findall(r'\]\(([^)#:]+)(?:#[^)]*)?\)', text):
        assert (path.parent / target).exists(), target
    known = {*TARGETS, *ON_DEMAND, *GROUPS}
    for names in re.findall(r'TARGETS="?([a-z0-9 -]+)', text):
        assert set(names.split()) <= known, names
    goals = {goal for goal in re.findall(r'^make ([a-z-]+)', text, re.MULTILINE)}
    listed = set(re.findall(r'^  make ([a-z-]+)', help_of_make(), re.MULTILINE))
    assert goals <= listed


def help_of_make():
    return subprocess.run(['make', 'help'], cwd=ROOT, capture_output=True, text=True).stdout


def test_each_target_is_told_of():
    told = (ROOT / 'docs' / 'testing.md').read_text()
    assert not [name for name in TARGETS if f'`{name}`' not in told]
