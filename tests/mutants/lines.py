"""A plugin of pytest: which test runs which line, and how long each takes."""

import json
import os
import time

import coverage
import pytest

seconds = {}


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item):
    coverage.Coverage.current().switch_context(item.nodeid)
    start = time.monotonic()
    yield
    seconds[item.nodeid] = time.monotonic() - start


def pytest_sessionfinish():
    with open(os.environ['MUTANTS_SECONDS'], 'w') as out:
        json.dump(seconds, out)
