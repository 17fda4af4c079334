import pytest
from remote import Board


@pytest.fixture(scope='session')
def board(request):
    return Board(request.config.getoption('--device'))
