"""The options of the tests, and the signals that they and what they start get."""

import signal

import pytest
from interpreters import IMPL

# A shell has what runs in the background ignore Ctrl-C, and all that this starts, too.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser):
    parser.addoption(
        '--device',
        help='what mpremote connects to in tests/boards: a board with an empty file system',
    )
    parser.addoption('--codec', choices=['native', 'python'], help='what is to be tested')
    parser.addoption('--whole', help='in tests/oom: each allocation, in one of its ways')
    parser.addoption(
        '--server', choices=list(IMPL), default='cpython', help='what serves in tests/server'
    )


def pytest_configure(config):
    """The tests of one codec must not run on the other."""
    from microdot_websocket import codec

    if config.getoption('--codec', None) not in (None, codec.IMPL):
        pytest.exit(f'these tests are for the other codec: codec.IMPL is {codec.IMPL}', 3)
