"""What coverage.ini leaves out is there."""

import configparser
import re

from interpreters import ROOT

CONFIG = ROOT / 'tests' / 'coverage.ini'
PACKAGE = ROOT / 'python' / 'microdot_websocket'


def patterns(option):
    config = configparser.ConfigParser(interpolation=None)
    config.read(CONFIG)
    return config['report'][option].strip().splitlines()


def test_each_pattern_matches_one_place():
    sources = [path.read_text() for path in PACKAGE.rglob('*.py')]
    found = {
        pattern: sum(len(re.findall(pattern, source, re.MULTILINE)) for source in sources)
        for pattern in patterns('exclude_also')
    }
    assert len(found) > 10
    assert {pattern: n for pattern, n in found.items() if n != 1} == {}


def test_files_that_are_left_out():
    assert (PACKAGE / 'features' / 'deflate.py').exists()
