"""A plugin of pytest: a test that never ends ends the run, as one that fails."""

import faulthandler

import pytest

SECONDS = 40  # on a busy machine


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item):
    faulthandler.dump_traceback_later(SECONDS, exit=True)
    yield
    faulthandler.cancel_dump_traceback_later()
