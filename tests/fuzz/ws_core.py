"""libFuzzer over ws_core.c, with AddressSanitizer and UndefinedBehaviorSanitizer."""

import os
import re
import subprocess
import tempfile

from interpreters import BUILD, ROOT

from .budget import FINDINGS, FOLDER, Finding, Report

HERE = ROOT / 'tests' / 'fuzz'
CORPUS = HERE / 'corpus' / 'ws_core'
SOURCES = HERE / 'ws_core_fuzz.c', ROOT / 'natmod' / 'ws_core.c'
FLAGS = (
    '-std=c99 -Wall -Wextra -Werror -Wpedantic -Wconversion -g -O1 '
    '-fno-sanitize-recover=all -fno-omit-frame-pointer'
).split()
SHORT_RUN = '-runs=200000'


def build(compiler, sanitizers, program, *more):
    """Compile the fuzz target; the program."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    include = '-I', ROOT / 'natmod'
    command = [
        compiler,
        *FLAGS,
        f'-fsanitize={sanitizers}',
        *include,
        '-o',
        program,
        *SOURCES,
        *more,
    ]
    subprocess.run(command, check=True)
    return program


def build_fuzzer():
    """With libFuzzer, which is C++: with the machine's library, whose headers need not be there."""
    library = '-nostdlib++', '-l:libstdc++.so.6'
    clang = BUILD / 'bin' / 'clang'
    return build(clang, 'fuzzer,address,undefined', FOLDER / 'ws_core', *library)


def build_replay():
    """Without libFuzzer, by the machine's own compiler."""
    return build('gcc', 'address,undefined', FOLDER / 'ws_core_replay', HERE / 'replay.c')


def replay(files):
    """Run the fuzz target on files; how many it ran. CalledProcessError if it fails."""
    command = [build_replay(), *files]
    return int(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def complaint(output):
    """What a sanitizer or a check of the fuzz target says, without what libFuzzer says before."""
    found = re.search('.*(ERROR: AddressSanitizer|runtime error|not so): ', output)
    return output[found.start() if found else 0 :][:4000]


def libfuzzer(program, kept, budget):
    """Run it; what it printed. kept: where it puts the inputs that cover more than others."""
    length = f'-max_total_time={max(1, int(budget.seconds))}' if budget.seconds else SHORT_RUN
    options = '-max_len=600', '-timeout=10', '-print_final_stats=1', f'-seed={budget.seed % 2**32}'
    command = [program, *options, length, f'-artifact_prefix={FINDINGS}/ws_core-', kept, CORPUS]
    env = {**os.environ, 'ASAN_OPTIONS': 'quarantine_size_mb=16'}
    done = subprocess.run(command, capture_output=True, text=True, errors='replace', env=env)
    if done.returncode:
        file = re.search(r'Test unit written to (\S+)', done.stderr)
        if not file:
            raise RuntimeError(f'libFuzzer failed:\n{done.stderr}')
        raise Finding(complaint(done.stderr), file.group(1), f'{program} {file.group(1)}')
    return done.stderr


def fuzz(budget):
    program = build_fuzzer()
    kept = FOLDER / 'corpus'
    kept.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as nothing:
        # A short run is the same each time.
        output = libfuzzer(program, kept if budget.seconds else nothing, budget)
    executions = int(re.search(r'number_of_executed_units: *(\d+)', output).group(1))
    edges, _, inputs = re.findall(r'cov: (\d+) ft: (\d+) corp: (\d+)', output)[-1]
    return Report(executions, f'{edges} edges covered, {inputs} inputs kept')
