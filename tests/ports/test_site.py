import hashlib
import json
import subprocess
import sys

import pytest
from interpreters import ROOT


@pytest.mark.parametrize('site', ['https://me.example/ws', 'https://me.example/ws/'])
def test_addresses_become_whole(tmp_path, site):
    package = {'urls': [['a/b.mpy', '../lib/a/b.mpy'], ['c.mpy', '{ARCH}_{MPY}/c.mpy']]}
    for folder in '.', 'rp2':
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / 'package.json').write_text(json.dumps(package))
    command = [sys.executable, ROOT / 'ports' / 'site.py', tmp_path, site]
    for _ in range(2):  # they stay so
        subprocess.run(command, check=True)
        content = (tmp_path / 'rp2' / 'package.json').read_bytes()
        assert json.loads(content)['urls'] == [
            ['a/b.mpy', 'https://me.example/ws/lib/a/b.mpy'],
            ['c.mpy', 'https://me.example/ws/rp2/{ARCH}_{MPY}/c.mpy'],
        ]
    whole = json.loads((tmp_path / 'package.json').read_text())['urls'][1][1]
    assert whole == 'https://me.example/ws/{ARCH}_{MPY}/c.mpy'
    digest = hashlib.sha256(content).hexdigest()
    assert f'{digest}  rp2/package.json\n' in (tmp_path / 'SHA256SUMS').read_text()
