"""What `make docs` has built, strictly: pages that are whole without the Internet."""

import posixpath
import re
from functools import cache
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest
from interpreters import BUILD, ROOT

SITE = BUILD / 'site'
PAGES = sorted(path.relative_to(SITE).as_posix() for path in SITE.rglob('*.html'))
# Of a tag, the attribute by which a browser loads something without being asked.
LOADED = {'script': 'src', 'img': 'src', 'link': 'href', 'iframe': 'src', 'source': 'src'}


@cache
class Page(HTMLParser):
    def __init__(self, path):
        HTMLParser.__init__(self)
        self.loads, self.links, self.ids, self.text = [], [], set(), ''
        self.feed((SITE / path).read_text())

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.ids.add(attrs.get('id'))
        if attrs.get(LOADED.get(tag)) and attrs.get('rel') not in ('canonical', 'prev', 'next'):
            self.loads.append(attrs[LOADED[tag]])
        if tag == 'a' and attrs.get('href'):
            self.links.append(attrs['href'])

    def handle_data(self, data):
        self.text += data


def test_there_are_pages():
    assert len(PAGES) > 15


@pytest.mark.parametrize('path', PAGES)
def test_a_page_loads_nothing_from_elsewhere(path):
    assert [it for it in Page(path).loads if re.match('(https?:)?//', it)] == []


@pytest.mark.parametrize('path', [path for path in PAGES if path != '404.html'])
def test_what_a_page_loads_and_links_to_is_there(path):
    page = Page(path)
    for to in [*page.loads, *page.links]:
        if not re.match('[a-z]+:', to):
            file, _, anchor = to.partition('#')
            there = Path(posixpath.normpath(posixpath.join(posixpath.dirname(path), file)))
            there = SITE / path if not file else SITE / there
            there = there / 'index.html' if there.is_dir() else there
            assert there.exists(), to
            if anchor and there.suffix == '.html':
                assert anchor in Page(there.relative_to(SITE).as_posix()).ids, to


def test_the_navigation_names_every_page():
    """Material shows no page that it takes for the first of its part, as one of a README.md."""
    titles = re.findall(r'^ +- (.+): \S+\.md$', (ROOT / 'mkdocs.yml').read_text(), re.MULTILINE)
    html = (SITE / 'performance' / 'index.html').read_text()
    shown = re.findall(r'<span class="md-ellipsis">\s*(.*?)\s*</span>', html, re.DOTALL)
    shown = [re.sub(r'\s+', ' ', unescape(text)) for text in shown]
    assert len(titles) > 30
    assert [title for title in titles if title not in shown] == []


@pytest.mark.parametrize('path', PAGES)
def test_no_markdown_is_left(path):
    """GitHub takes some for markup that Python-Markdown takes for text."""
    html = re.sub('<(pre|script)\\b.*?</\\1>', '', (SITE / path).read_text(), flags=re.DOTALL)
    for text in re.findall(r'<(?:p|li|td)\b[^>]*>(.*?)</(?:p|li|td)>', html, re.DOTALL):
        assert not re.search(r'^(\d+\.|[-*]) ', text, re.MULTILINE), text  # a list in a paragraph
        assert '\\|' not in text
        assert '`' not in re.sub('<code>.*?</code>', '', text, flags=re.DOTALL), text


def test_pages_from_outside_docs():
    for page, words in {
        'index.html': 'make run',
        'security/index.html': 'max_incomplete',
        'changes/index.html': '0.1.0',
        'contributing/index.html': 'make lint',
        'examples/index.html': 'upload/',
    }.items():
        assert words in Page(page).text


def test_a_reference_entry_is_whole():
    text = (SITE / 'reference' / 'index.html').read_text()
    text = re.sub(r'\s+', ' ', re.sub('<[^>]+>', '', text))
    assert (
        'receive( timeout: float | None = None, max_message_length: int | None = None, )' in text
    )  # from the stub
    assert 'what has arrived of it is kept' in text  # from the docstring
    assert "WebSocketError(reason: str = '', code: int = 1006)" in text.replace('&#39;', "'")
    assert 'max_fragments: int = 1 &lt;&lt; 17' in text
    assert 'async for message in ws' in text


def test_diagrams_are_drawn_where_they_are():
    with_script = [path for path in PAGES if 'assets/mermaid.js' in (SITE / path).read_text()]
    assert with_script == ['architecture/index.html']
    assert (SITE / 'assets' / 'mermaid.js').stat().st_size > 100000


def test_no_source_of_the_tools_is_published():
    assert not list(SITE.rglob('*.py'))
    assert (ROOT / 'docs' / 'site' / 'extra.css').read_text() == (
        SITE / 'site' / 'extra.css'
    ).read_text()
