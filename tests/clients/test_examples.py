"""The pages of examples/, in Chromium: examples.mjs."""

import json
import re
import subprocess
from pathlib import Path

import pytest
from example import EXAMPLES, PAGES, running
from interpreters import BUILD, ROOT

CHECKS = re.findall(
    r'^  async (\w+)\(context', Path(__file__).with_name('examples.mjs').read_text(), re.MULTILINE
)
SERVED = {'unix': PAGES, 'cpython': ['chat', 'sensor', 'upload']}  # on CPython a sample
MOST = 15000  # bytes of a page


def checks(names):
    checks = [check for check in CHECKS if re.sub('[A-Z].*', '', check) in names]
    return checks + [f'{name}WithoutJavaScript' for name in names]


@pytest.fixture(scope='module')
def results(tmp_path_factory):
    """results(server_name): {check: None, or what was wrong}."""
    known = {}

    def run(server_name):
        if server_name not in known:
            with running(SERVED[server_name], server_name, tmp_path_factory.mktemp('run')) as found:
                words = BUILD / 'clients' / 'examples.mjs', BUILD / 'bin' / 'chromium'
                done = subprocess.run(
                    ['node', *map(str, words), json.dumps(found)],
                    stdout=subprocess.PIPE,
                    text=True,
                    timeout=400,
                )
                assert done.returncode == 0
                known[server_name] = json.loads(done.stdout)
        return known[server_name]

    return run


@pytest.mark.parametrize(
    ('server_name', 'check'), [(name, c) for name, names in SERVED.items() for c in checks(names)]
)
def test_page(results, server_name, check):
    assert results(server_name)[check] is None


@pytest.mark.parametrize('server_name', SERVED)
def test_all_checks_are_known(results, server_name):
    assert sorted(results(server_name)) == sorted(checks(SERVED[server_name]))


@pytest.mark.parametrize('name', PAGES)
def test_a_page_needs_nothing_else(name):
    """Neither much room nor the Internet, which a board may not have."""
    page = (EXAMPLES / name / 'index.html').read_text()
    assert len(page.encode()) < MOST
    assert not re.search(r'https?://|src=|@import|url\(', page)


def test_all_pages_begin_with_the_same_style():
    styles = set()
    for name in PAGES:
        page = (EXAMPLES / name / 'index.html').read_text()
        assert page.count('/* the same in all examples up to here */') == 1
        styles.add(page[page.index('<style>') : page.index('/* the same')])
    assert len(styles) == 1


def test_what_the_readme_names_exists():
    readme = EXAMPLES / 'README.md'
    links = re.findall(r'\]\(([^):]+)\)', readme.read_text())
    assert not [link for link in links if not (readme.parent / link).exists()]
    assert {f'{name}/main.py' for name in PAGES} < set(links)


@pytest.mark.parametrize('name', PAGES)
def test_pictures(name):
    """`make screenshots` has been run, and what it makes is small."""
    for size in ('', '-phone'):
        assert 0 < (ROOT / 'docs' / 'img' / f'{name}{size}.webp').stat().st_size < 60000
