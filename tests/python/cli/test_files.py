import hashlib

import pytest
from microdot_websocket.cli import Failed, files


@pytest.fixture
def folder(tmp_path):
    (tmp_path / 'lib' / 'microdot').mkdir(parents=True)
    sums = ''
    for name in 'microdot', 'asgi':
        path = tmp_path / 'lib' / 'microdot' / f'{name}.mpy'
        path.write_bytes(b'M\x06')
        sums += f'{hashlib.sha256(path.read_bytes()).hexdigest()}  lib/microdot/{name}.mpy\n'
    (tmp_path / 'SHA256SUMS').write_text(sums)
    return tmp_path


def test_modules(folder):
    assert files.complete(folder) == folder
    assert list(files.modules(folder)) == ['microdot/microdot.mpy']
    assert len(files.modules(folder, ['asgi'])) == 2


def test_a_checkout_without_them(tmp_path):
    with pytest.raises(Failed, match='has no files for boards: .* `make dist` in the checkout'):
        files.complete(tmp_path)


def test_a_damaged_file(folder):
    (folder / 'lib' / 'microdot' / 'microdot.mpy').write_bytes(b'')
    with pytest.raises(Failed, match='microdot.mpy is damaged: pip install --force-reinstall'):
        files.complete(folder)
