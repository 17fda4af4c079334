"""Which server the tests in tests/server talk to."""

from interpreters import IMPL


def pytest_addoption(parser):
    parser.addoption(
        '--server', choices=list(IMPL), default='cpython', help='what serves in tests/server'
    )
