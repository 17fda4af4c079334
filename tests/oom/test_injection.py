"""Each phase, with a sample of its allocations failing, or with --whole=WAY each of them."""

import pytest
from interpreters import BUILD

from .control import Symbols
from .injection import Examination
from .phases import ALIKE, PHASES, SLOW
from .process import PROGRAM, stage

SAMPLE = 22  # injections of a phase
FEW = 5  # of one that waits for a limit to run out, or is like another one
TWIN = 'plain', 'fragments', 'corked', 'handler_raises', 'reset_in_a_frame', 'group'
# (codec, allocations that fail in a row, whether from a cold start): whole, and in the sample.
WAYS = {
    'one': ('native', 1, False),
    'five': ('native', 5, False),
    'cold': ('native', 1, True),
    'twin': ('python', 1, False),
}
IN_SAMPLE = {
    **{('one', name): FEW if name in SLOW | ALIKE else SAMPLE for name in PHASES},
    **{('five', name): FEW for name in PHASES if name not in SLOW | ALIKE},
    **{('twin', name): FEW for name in TWIN},
}


@pytest.fixture(scope='session')
def symbols():
    return Symbols(PROGRAM)


@pytest.fixture(scope='session')
def report(request):
    whole = request.config.getoption('--whole')
    path = BUILD / 'oom' / f'report{"-" + whole if whole else ""}.txt'
    with path.open('w', buffering=1) as file:
        yield file


@pytest.fixture(scope='session')
def libraries(tmp_path_factory):
    return {impl: stage(impl, tmp_path_factory.mktemp(impl)) for impl in ('native', 'python')}


@pytest.mark.parametrize('name', PHASES)
@pytest.mark.parametrize('way', WAYS)
def test_injection(way, name, request, report, symbols, libraries):
    whole = request.config.getoption('--whole')
    impl, k, cold = WAYS[way]
    most = None if whole else IN_SAMPLE[way, name]
    examined = Examination(libraries[impl], impl, symbols, name, k, cold, most).run()
    print(way, examined, file=report)
    assert examined.count
    assert not examined.failures, '\n'.join(map(str, examined.failures))
