"""libFuzzer over the C core, with AddressSanitizer and UndefinedBehaviorSanitizer."""

import os
import re
import subprocess
import tempfile
from dataclasses import dataclass

from interpreters import BUILD, ROOT

from .budget import FINDINGS, FOLDER, Finding, Report

HERE = ROOT / 'tests' / 'fuzz'
NATMOD = ROOT / 'natmod'
FLAGS = (
    '-std=c99 -Wall -Wextra -Werror -Wpedantic -Wconversion -g -O1 '
    '-fno-sanitize-recover=all -fno-omit-frame-pointer'
).split()


@dataclass
class Target:
    """A fuzz target, NAME_fuzz.c, and what it tries: a function of a Budget, as all fuzzers are."""

    name: str
    sources: tuple  # of what it tries
    runs: int  # of a short run

    @property
    def corpus(self):
        return HERE / 'corpus' / self.name

    def build(self, compiler, sanitizers, program, *more):
        """Compile it; the program."""
        FOLDER.mkdir(parents=True, exist_ok=True)
        include = '-I', NATMOD
        sanitize = f'-fsanitize={sanitizers}'
        files = HERE / f'{self.name}_fuzz.c', *self.sources, *more
        command = [compiler, *FLAGS, sanitize, *include, '-o', program, *files]
        subprocess.run(command, check=True)
        return program

    def build_fuzzer(self):
        """With libFuzzer, which is C++: with the machine's library, whose headers need not be
        there."""
        library = '-nostdlib++', '-l:libstdc++.so.6'
        clang = BUILD / 'bin' / 'clang'
        return self.build(clang, 'fuzzer,address,undefined', FOLDER / self.name, *library)

    def build_replay(self):
        """Without libFuzzer, by the machine's own compiler."""
        program = FOLDER / f'{self.name}_replay'
        return self.build('gcc', 'address,undefined', program, HERE / 'replay.c')

    def replay(self, files):
        """Run it on files; how many it ran. CalledProcessError if it fails."""
        command = [self.build_replay(), *files]
        return int(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)

    def run(self, kept, budget):
        """Run libFuzzer; what it printed. kept: where it puts the inputs that cover more than
        others."""
        program = self.build_fuzzer()
        short = f'-runs={self.runs}'
        length = f'-max_total_time={max(1, int(budget.seconds))}' if budget.seconds else short
        prefix = f'-artifact_prefix={FINDINGS}/{self.name}-'
        options = '-max_len=600', '-timeout=10', '-print_final_stats=1', prefix
        seed = f'-seed={budget.seed % 2**32}'
        command = [program, *options, seed, length, kept, self.corpus]
        env = {**os.environ, 'ASAN_OPTIONS': 'quarantine_size_mb=16'}
        done = subprocess.run(command, capture_output=True, text=True, errors='replace', env=env)
        if done.returncode:
            file = re.search(r'Test unit written to (\S+)', done.stderr)
            if not file:
                raise RuntimeError(f'libFuzzer failed:\n{done.stderr}')
            raise Finding(complaint(done.stderr), file.group(1), f'{program} {file.group(1)}')
        return done.stderr

    def __call__(self, budget):
        kept = FOLDER / 'corpus' / self.name
        kept.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as nothing:
            # A short run is the same each time.
            output = self.run(kept if budget.seconds else nothing, budget)
        executions = int(re.search(r'number_of_executed_units: *(\d+)', output).group(1))
        edges, _, inputs = re.findall(r'cov: (\d+) ft: (\d+) corp: (\d+)', output)[-1]
        return Report(executions, f'{edges} edges covered, {inputs} inputs kept')


def complaint(output):
    """What a sanitizer or a check of the fuzz target says, without what libFuzzer says before."""
    found = re.search('.*(ERROR: AddressSanitizer|runtime error|not so): ', output)
    return output[found.start() if found else 0 :][:4000]


CORE = NATMOD / 'ws_core.c'
TARGETS = (
    Target('ws_core', (CORE,), runs=200_000),
    Target('ws_protocol', (NATMOD / 'ws_protocol.c', CORE), runs=300_000),
    Target('ws_deflate', (NATMOD / 'ws_deflate.c',), runs=50_000),
)
