"""What MkDocs is told besides mkdocs.yml: pages from outside docs/, links that work on GitHub and
on the site, and the diagrams' script, which only the pages with diagrams load."""

import posixpath
import re
import sys
from pathlib import Path

from mkdocs.structure.files import File

sys.path.insert(0, str(Path(__file__).parent))
import documented_stubs  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
# The page of the site for a file of the project.
PAGES = {
    'README.md': 'index.md',
    'CHANGES.md': 'changes.md',
    'CONTRIBUTING.md': 'contributing.md',
    'SECURITY.md': 'security.md',
    'examples/README.md': 'examples.md',
    'docs/bench/README.md': 'bench/figures.md',  # as README.md it would be the first of its part
}
# Pages that show a file, and pictures: of the examples.
PROGRAMS = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob('examples/**/*.py'))
PAGES.update((source, source[: -len('.py')] + '.md') for source in PROGRAMS)
PICTURES = [path.relative_to(ROOT).as_posix() for path in ROOT.glob('examples/**/*.png')]
PAGES.update(zip(PICTURES, PICTURES))
SOURCES = {page: source for source, page in PAGES.items()}
LINK = re.compile(r'(?P<image>!?)\[(?P<text>(?:[^][]|\[[^]]*\])*)\]\((?P<to>[^()\s]+)\)')
FENCE = re.compile(r'^(```.*?^```$)', re.MULTILINE | re.DOTALL)
ALONE = 'index.md', 'faq.md'  # in their part of the navigation
MERMAID = 'assets/mermaid.js'


def on_startup(command, dirty):
    """Before mkdocstrings looks whether the folder is there."""
    documented_stubs.write(ROOT / 'build' / 'docs')


def on_pre_build(config):
    documented_stubs.write(ROOT / 'build' / 'docs')


def on_files(files, config):
    for source, page in PAGES.items():
        if source in PICTURES:
            files.append(File.generated(config, page, abs_src_path=str(ROOT / source)))
        else:
            files.append(File.generated(config, page, content=content(source)))
    script = ROOT / 'build/mermaid/node_modules/@mermaid-js/tiny/dist/mermaid.tiny.js'
    files.append(File.generated(config, MERMAID, abs_src_path=str(script)))
    return files


def content(source):
    text = (ROOT / source).read_text('utf-8')
    name = source[len('examples/') :]
    if source in PROGRAMS:
        up = '../' * name.count('/')
        return f'# {name}\n\n[All examples]({up}README.md)\n\n```python\n{text}```\n'
    if source == 'examples/README.md':
        names = [program[len('examples/') :] for program in PROGRAMS]
        text += '\n## The files\n' + ''.join(f'- [{name}]({name})\n' for name in names)
    return text


def on_page_markdown(markdown, page, config, files):
    here = page.file.src_uri
    if here in ALONE:
        page.meta['hide'] = ['navigation']
    parts = FENCE.split(markdown)
    source = SOURCES.get(here, f'docs/{here}')
    return ''.join(
        part if part.startswith('```') else with_links(part, source, here, config.repo_url)
        for part in parts
    )


def with_links(text, source, page, repository=''):
    """A page's text, with links to files of the project as the site needs them.

    :param source: the page's file, from the project's folder; :param page: as MkDocs has it.
    """

    def replace(match):
        to, hash_, anchor = match['to'].partition('#')
        if '://' in to or to.startswith('mailto:') or not to:
            return match[0]
        target = posixpath.normpath(posixpath.join(posixpath.dirname(source), to))
        if not (ROOT / target).exists():
            return match[0]  # MkDocs says so
        inside = PAGES.get(target)
        if not inside and target.startswith('docs/') and (ROOT / target).is_file():
            inside = target[len('docs/') :]
        if inside and not inside.startswith('site/'):
            new = posixpath.relpath(inside, posixpath.dirname(page) or '.')
            return f'{match["image"]}[{match["text"]}]({new}{hash_}{anchor})'
        if repository:
            return f'[{match["text"]}]({repository.rstrip("/")}/blob/HEAD/{target}{hash_}{anchor})'
        return match['text']  # it is not on the site, and nobody knows where else

    return LINK.sub(replace, text)


def on_post_page(output, page, config):
    if 'class="mermaid"' not in output:
        return output
    address = posixpath.relpath(MERMAID, page.url or '.')
    return output.replace('</head>', f'<script src="{address}"></script></head>')
