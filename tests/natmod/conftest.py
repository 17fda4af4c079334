"""The C core, compiled once a run, and its Python twin, which has to pass the same tests."""

import pytest
import ws_protocol_library


@pytest.fixture(scope='session')
def c_core(tmp_path_factory):
    return ws_protocol_library.Core(tmp_path_factory.mktemp('ws_protocol'))


@pytest.fixture(params=['c', 'twin'])
def core(request):
    if request.param == 'c':
        return request.getfixturevalue('c_core')
    import rules_library

    return rules_library.Core()
