import pytest
from checksums import write_checksums


@pytest.fixture
def board_files(tmp_path):
    """Board files as the wheel carries them, with natmods that are a head and no code."""
    folder = tmp_path / 'board_files'
    for name in 'microdot/websocket.mpy', 'microdot/asgi.mpy', 'microdot_websocket/timer.mpy':
        path = folder / 'lib' / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b'M\x06\0\x1f' + name.encode())
    for arch, byte in ('armv6m', 0x13), ('armv7m', 0x17):
        (folder / f'{arch}_6.3').mkdir()
        for name in '_wscodec.mpy', '_wsdeflate.mpy':
            (folder / f'{arch}_6.3' / name).write_bytes(bytes([0x4D, 6, byte, 31] + [0] * 9))
    (folder / 'check').mkdir()
    (folder / 'check' / 'main.mpy').write_bytes(b'M')
    write_checksums(folder)
    return folder


@pytest.fixture
def modules(tmp_path):
    paths = {}
    for name in 'microdot/websocket.mpy', 'microdot_websocket/timer.mpy':
        paths[name] = tmp_path / name.replace('/', '_')
        paths[name].write_bytes(name.encode() * 200)
    return paths


@pytest.fixture
def natmod(tmp_path):
    path = tmp_path / '_wscodec.mpy'
    path.write_bytes(b'M' * 8000)
    return path
