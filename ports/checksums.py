"""SHA256SUMS, in the form that `sha256sum -c SHA256SUMS` reads."""

import hashlib


def write_checksums(folder):
    """Over all that is in the folder."""
    (folder / 'SHA256SUMS').unlink(missing_ok=True)
    (folder / 'SHA256SUMS').write_text(''.join(lines(folder)))


def lines(folder):
    for path in sorted(path for path in folder.rglob('*') if path.is_file()):
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        yield f'{digest}  {path.relative_to(folder).as_posix()}\n'
