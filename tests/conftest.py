"""Which server the tests in tests/server talk to."""

from interpreters import IMPL


def pytest_addoption(parser):
    parser.addoption(
        '--device',
        help='what mpremote connects to in tests/boards: a board with an empty file system',
    )
    parser.addoption('--whole', action='store_true', help='in tests/oom: each allocation')
    parser.addoption(
        '--server', choices=list(IMPL), default='cpython', help='what serves in tests/server'
    )
