"""Text that is not UTF-8."""

import sys

#: What MicroPython's json.loads() makes of a surrogate pair, and of half a one, as CPython's does.
if sys.implementation.name == 'micropython':
    import json

    SURROGATES = json.loads('"\\ud83d\\ude00"'), json.loads('["abc\\ud83d"]')[0]
else:
    SURROGATES = '\ud83d\ude00', 'abc\ud83d'
