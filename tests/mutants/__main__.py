"""Mutation testing:  python -m mutants python|c SAMPLE SEED [FILE...]

Universalmutator changes the code in a small way, as `<` to `<=`, or a statement to none: a mutant.
If no test fails then, the mutant survives, and the tests have a hole there; or the two programs do
the same. SAMPLE mutants are tried, chosen by SEED, of the FILEs, by their names; empty: all. It
happens in a copy of the tree. The survivors are listed in build/mutants/<language>.txt.
"""

import os
import random
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from interpreters import BUILD, ROOT

from . import c, python

LANGUAGES = {'c': c, 'python': python}
FOLDER = BUILD / 'mutants'
SHELL = 'sh', '-c', 'ulimit -c 0; exec "$@"', 'sh'  # a mutant in C may well crash


@dataclass
class Mutant:
    path: Path  # of the file, in the copy of the tree
    line: int
    before: str
    after: str
    text: str  # of the whole file

    def __str__(self):
        name = self.path.relative_to(FOLDER).as_posix().split('/', 2)[2]
        return f'{name}:{self.line}: {self.before.strip()}  ==>  {self.after.strip()}'


def copied_tree(language):
    """The files that git knows, and those that it will, in a folder of their own."""
    tree = FOLDER / language / 'tree'
    shutil.rmtree(tree, ignore_errors=True)
    listed = ['git', 'ls-files', '-z', '--cached', '--others', '--exclude-standard']
    names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in names.split('\0'):
        if (ROOT / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, tree / name)
    return tree


def mutants_of(path, folder):
    """All that Universalmutator makes of a file."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    mutate = Path(sys.executable).with_name('mutate')
    command = [mutate, path, '--noCheck']  # counts() does so, of those that are tried
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    lines = path.read_text().splitlines()
    for file in sorted(folder.glob(f'{path.stem}.mutant.*{path.suffix}')):
        text = file.read_text()
        changed = text.splitlines()
        at = len(os.path.commonprefix([lines, changed]))
        same = len(os.path.commonprefix([lines[: at - 1 : -1], changed[: at - 1 : -1]]))
        before, after = (' '.join(code[at : len(code) - same]) for code in (lines, changed))
        yield Mutant(path, at + 1, before, after, text)


def survives(mutant, tree, tests):
    """Whether all tests pass."""
    original = mutant.path.read_text()
    mutant.path.write_text(mutant.text)
    options = '-x', '-q', '--no-header', '-p', 'no:cacheprovider', '-p', 'mutants.limit'
    try:
        process = subprocess.run(
            [*SHELL, sys.executable, '-B', '-m', 'pytest', *options, *tests],
            cwd=tree,
            env={**os.environ, 'PYTHONPATH': f'{tree / "python"}:{tree / "tests"}'},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    finally:
        mutant.path.write_text(original)
    return process.returncode == 0


def main(name, sample, seed, *files):
    if sample and not sample.isdigit():
        sys.exit(f'SAMPLE={sample} is no number: type for example SAMPLE=50')
    language = LANGUAGES[name]
    os.nice(10)
    tree = copied_tree(name)
    suite = language.Suite(tree)
    mutants = []
    for path in suite.sources():
        if not files or path.name in files:
            mutants += mutants_of(path, FOLDER / name / 'made')
    random.Random(seed).shuffle(mutants)
    tried, survivors = 0, []
    for mutant in mutants:
        if tried == int(sample or len(mutants)):
            break
        if suite.counts(mutant):
            tried += 1
            if survives(mutant, tree, suite.tests(mutant)):
                survivors.append(str(mutant))
                print(mutant, flush=True)
            if tried % 50 == 0:
                print(f'-- {tried} tried: {len(survivors)} survived', flush=True)
    report = f'{tried} tried: {len(survivors)} survived'
    (FOLDER / f'{name}.txt').write_text('\n'.join([report, *survivors, '']))
    print(report)


if __name__ == '__main__':
    try:
        sys.exit(main(*sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
