"""docs/reference.md is what the docstrings say."""

import reference


def test_it_is_of_today():
    assert reference.PAGE.read_text() == reference.page(), 'make docs'


def test_it_has_all_attributes():
    for name in reference.comments():
        assert f'`{name} = ' in reference.page(), name
