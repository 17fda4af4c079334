"""Whether a wheel has the extension; tests/dist installs the wheel itself."""

import zipfile

import pytest
from native_wheel import has_extension


@pytest.mark.parametrize('name', ['_wscodec.abi3.so', '_wscodec.cp314-win_amd64.pyd'])
def test_whether_it_was_built(tmp_path, name):
    for names in ([name, 'microdot_websocket/__init__.py'], ['microdot_websocket/_wscodec.py']):
        with zipfile.ZipFile(tmp_path / 'a.whl', 'w') as archive:
            for path in names:
                archive.writestr(path, '')
        assert has_extension(tmp_path / 'a.whl') == (name in names)
