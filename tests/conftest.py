"""Which server the tests in tests/server talk to."""

SERVERS = ('cpython', 'unix', 'unix-twin')


def pytest_addoption(parser):
    parser.addoption(
        '--server', choices=SERVERS, default='cpython', help='what serves in tests/server'
    )
