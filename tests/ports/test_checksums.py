import subprocess

from checksums import write_checksums


def test_sha256sum_reads_them(tmp_path):
    (tmp_path / 'a').mkdir()
    (tmp_path / 'a' / 'b.mpy').write_bytes(b'M\x06')
    (tmp_path / 'c').write_text('')
    for _ in range(2):
        write_checksums(tmp_path)
    command = 'sha256sum', '-c', 'SHA256SUMS'
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout == 'a/b.mpy: OK\nc: OK\n'
