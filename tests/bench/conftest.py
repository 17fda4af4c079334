"""The modules in here are found by their names, as `python tests/bench` finds them."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
