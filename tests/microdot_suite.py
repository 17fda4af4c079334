"""Microdot's own tests, from its source distribution, with this package in the place of its module.

microdot_suite.py PYTEST_ARGUMENT...    run in an unpacked source distribution
"""

import importlib.metadata
import re
import subprocess
import sys
import tarfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def versions():
    """The newest Microdot, the one installed, and the oldest that pyproject.toml admits."""
    text = (ROOT / 'pyproject.toml').read_text()
    return {
        'microdot-newest': importlib.metadata.version('microdot'),
        'microdot-oldest': re.search(r'"microdot>=([\d.]+)"', text).group(1),
    }


def fetch(version):
    """Microdot's source distribution, unpacked under build/; its folder."""
    place = ROOT / 'build' / 'microdot'
    source = place / f'microdot-{version}'
    if not (source / 'tests').is_dir():
        place.mkdir(parents=True, exist_ok=True)
        pip = [sys.executable, '-m', 'pip', 'download', '-qq', '--no-deps', '--no-binary', ':all:']
        subprocess.run([*pip, '--dest', place, f'microdot=={version}'], check=True)
        with tarfile.open(place / f'microdot-{version}.tar.gz') as archive:
            # Not the package's __init__, which imports all of the other tests and what they need.
            members = [m for m in archive if not m.name.endswith('/tests/__init__.py')]
            archive.extractall(place, members)
    return source


def main(arguments):
    sys.path.insert(0, str(Path('src').resolve()))  # this version, not the one installed

    import microdot_websocket

    microdot_websocket.install()

    import pytest

    class Plugin:
        """A run checks what it ran."""

        def pytest_collection_finish(self, session):
            import microdot
            import microdot.test_client
            import microdot.websocket

            assert Path(microdot.__file__).is_relative_to(Path.cwd())
            assert microdot.websocket is microdot_websocket
            assert microdot.test_client.WebSocket is microdot_websocket.WebSocket
            for item in session.items:
                if item.path.stem == 'test_websocket':
                    assert item.module.WebSocket is microdot_websocket.WebSocket

    return pytest.main(arguments, plugins=[Plugin()])


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
