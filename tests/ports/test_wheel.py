"""Where the wheel takes its board files from; tests/dist has the wheel itself."""

import hashlib

from wheel import carry


def test_the_board_files(tmp_path):
    dist, check, folder = tmp_path / 'dist', tmp_path / 'check-board', tmp_path / 'board_files'
    for name in 'lib/microdot', 'xtensawin_6.3', 'esp32':
        (dist / name).mkdir(parents=True)
    (dist / 'lib' / 'microdot' / 'microdot.mpy').write_bytes(b'M')
    (dist / 'xtensawin_6.3' / '_wscodec.mpy').write_bytes(b'M\x06')
    (dist / 'esp32' / 'package.json').write_text('{}')  # mip's, which the command does without
    (dist / 'LICENSE.microdot').write_text('MIT')
    (dist / 'LICENSE').write_text('MIT')  # which a wheel has beside its metadata
    (dist / 'an_archive-1.0.whl').write_bytes(b'')
    check.mkdir()
    (check / 'main.mpy').write_bytes(b'M')
    folder.mkdir()
    (folder / 'of an earlier version').write_text('')
    carry(dist, check, folder)
    names = {path.relative_to(folder).as_posix() for path in folder.rglob('*') if path.is_file()}
    expected = {'lib/microdot/microdot.mpy', 'xtensawin_6.3/_wscodec.mpy', 'check/main.mpy'}
    assert names == expected | {'LICENSE.microdot', 'SHA256SUMS'}
    for line in (folder / 'SHA256SUMS').read_text().splitlines():
        digest, name = line.split('  ')
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
