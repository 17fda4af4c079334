"""The names (qstrs) that the import of this package adds to what MicroPython keeps in RAM.

Each takes some 7 bytes and its text, for as long as the board runs, and the 300th or so takes
2.3 KB at once: names lie in pools that hold twice as many each time. Names that the firmware has,
or Microdot with its own module, are there in any case: they do not count.
"""

import re
import subprocess

from servers import micropython

POOL = re.compile(r'n_qstr=(\d+)')


def added(program, impl, arch):
    """The names that one of IMPLS adds to those of Microdot and asyncio, in their order."""
    command, env = micropython(program, impl, arch)
    code = 'import import_names; import_names.main()'
    done = subprocess.run([*command, '-c', code], env=env, stdout=subprocess.PIPE, check=True)
    return added_in(done.stdout.decode())  # as it is: text mode would change the names' line ends


def added_in(printed):
    """Between the two lists that import_names.py prints, which must be whole."""
    before, after = (listed(part) for part in printed.split('qstr pool: ')[1:])
    return [name for name in after if name not in set(before)]


def listed(part):
    """The names in what qstr_info(1) prints; some of them have line ends in them."""
    names = [entry.rpartition(')')[0] for entry in part.split('\nQ(')[1:]]
    if len(names) != int(POOL.search(part)[1]):
        raise RuntimeError(f'these are not all names: {part}')
    return names


def new_names(program='micropython', arch='x64'):
    """Those that Microdot's own module does not bring too."""
    of_microdot = added(program, 'microdot', arch)
    return [name for name in added(program, 'native', arch) if name not in of_microdot]
