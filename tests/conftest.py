"""Which server the tests in tests/server talk to."""

from interpreters import IMPL


def pytest_addoption(parser):
    parser.addoption(
        '--device',
        help='what mpremote connects to in tests/boards: a board with an empty file system',
    )
    parser.addoption('--whole', help='in tests/oom: each allocation, in one of its ways')
    parser.addoption(
        '--server', choices=list(IMPL), default='cpython', help='what serves in tests/server'
    )
