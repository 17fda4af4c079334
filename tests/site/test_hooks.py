"""Links that lead somewhere on GitHub and on the site."""

import pytest
from hooks import with_links

REPOSITORY = 'https://git.example/me/it'


@pytest.mark.parametrize(
    'source, page, text, expected',
    [
        ('README.md', 'index.md', '[a](docs/api.md)', '[a](api.md)'),
        ('README.md', 'index.md', '![e](docs/bench/echo.svg)', '![e](bench/echo.svg)'),
        ('README.md', 'index.md', '[x](examples/README.md#echopy)', '[x](examples.md#echopy)'),
        ('docs/api.md', 'api.md', '[s](../SECURITY.md#limits)', '[s](security.md#limits)'),
        ('docs/bench/README.md', 'bench/figures.md', '[c](../../CHANGES.md)', '[c](../changes.md)'),
        ('docs/api.md', 'api.md', '[c](../examples/chat/main.py)', '[c](examples/chat/main.md)'),
        ('docs/api.md', 'api.md', '[h](#top) [w](https://a.example/)', None),
        ('docs/api.md', 'api.md', '[gone](gone.md)', None),
    ],
)
def test_links_inside(source, page, text, expected):
    assert with_links(text, source, page) == (expected or text)


def test_links_to_the_sources():
    text = '[chips.py](../python/microdot_websocket/cli/chips.py) [tests](../tests)'
    assert with_links(text, 'docs/porting.md', 'porting.md') == 'chips.py tests'
    assert with_links(text, 'docs/porting.md', 'porting.md', REPOSITORY + '/') == (
        f'[chips.py]({REPOSITORY}/blob/HEAD/python/microdot_websocket/cli/chips.py) '
        f'[tests]({REPOSITORY}/blob/HEAD/tests)'
    )
