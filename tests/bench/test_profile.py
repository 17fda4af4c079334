"""That the emulator's profile accounts for all cycles, and by the right names."""

import profiling
import pytest
from frames import TEXT


@pytest.fixture(scope='module')
def profiles():
    return profiling.measure('native', 125, TEXT)


@pytest.mark.parametrize(
    'direction, python, c',
    [('received', 'receive', 'ws_unmask'), ('sent', 'send', 'ws_write_header')],
)
def test_profile(profiles, direction, python, c):
    profile = profiles[direction]
    method = f'microdot_websocket.websocket:WebSocket.{python}'
    assert sum(profile.in_itself.values()) == profile.cycles
    assert profile.calls[method, None] == 1
    assert profile.by(method) <= profile.totals[method] < profile.cycles
    assert profile.in_itself[f'_wscodec: {c}'] > 0
    assert profile.wire > 0
