"""How long a fuzzer runs, what it says at its end, and what it found."""

import time
from dataclasses import dataclass, field

from interpreters import BUILD

FOLDER = BUILD / 'fuzz'
FINDINGS = FOLDER / 'findings'
SHORT = 3  # rounds


@dataclass
class Budget:
    """A time to spend in rounds, or none for a short run that is the same each time."""

    seconds: float = None
    seed: int = 1
    start: float = field(default_factory=time.monotonic)

    def spent(self, rounds):
        """Whether that was enough."""
        if self.seconds is None:
            return rounds >= SHORT
        return time.monotonic() >= self.start + self.seconds


@dataclass
class Report:
    executions: int
    what: str  # that they covered


class Finding(AssertionError):
    """A fuzzer has found something: how to see it again."""

    def __init__(self, output, reproducer, again):
        super().__init__(f'{output}\nreproducer: {reproducer}\nagain: {again}')
        self.reproducer = reproducer
        self.again = again
