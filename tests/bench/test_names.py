"""How many names the import adds: see names.py."""

import goals
import names


def test_new_names():
    new = names.new_names()
    print(f'{len(new)} new names:', *new)  # pytest shows it if there are too many
    assert len(new) <= goals.NAMES, 'reuse names that Microdot or the firmware has'
