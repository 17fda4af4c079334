"""No exact figure may grow by more than 3 % unless baseline.json says so.

Compilers and interpreters of other versions than those which made the baseline give other figures:
with them only what grows out of all proportion fails.
"""

import figures
import pytest

BASELINE = figures.read()


@pytest.fixture(scope='session')
def measured():
    return figures.measure()


@pytest.fixture(scope='session')
def allowed(measured):
    """How many times as large a figure may be."""
    return 1.03 if measured['made with'] == BASELINE['made with'] else 1.25


@pytest.mark.parametrize('name', BASELINE['figures'])
def test_has_not_grown(name, measured, allowed):
    figure, before = measured['figures'][name], BASELINE['figures'][name]
    assert figure <= before * allowed, f'{name}: {figure}, and {before} before (make baseline)'


def test_no_figure_is_left_out(measured):
    assert measured['figures'].keys() == BASELINE['figures'].keys()
