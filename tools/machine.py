#!/usr/bin/env python3
"""Look, before anything is downloaded, whether this machine can run the demo.

Prints what will be set up and about how long that takes, or one line that says what is in the way
and what to do.
"""

import argparse
import os
import platform
import shutil
import sys
import urllib.error
import urllib.request
from pathlib import Path

import debian

WHEEL = 'install the wheel, which runs on any system: README.md'
OWN = 'pass MICROPYTHON=, an interpreter for this machine, and MPY_DIR=, its source tree'
OLDEST = 3, 9

# What is made, in this order: its place, what it is, and about how long that takes.
STEPS = {
    'build/venv/.ready': ('build/venv, Python packages', 'a minute'),
    'build/micropython': ("build/micropython, MicroPython's source", 'half a minute'),
    'build/natmod/x64/_wscodec.mpy': ('build/natmod, the native module', '5 seconds'),
    'build/debian/micropython': ('build/bin/micropython, an interpreter', 'half a minute'),
}
NATIVE = (
    'build/micropython',
    'build/natmod/x64/_wscodec.mpy',
)  # steps that CODEC=python does without


def obstacle(machine, folder, python, codec, own_interpreter):
    """Why this cannot work here, and what to do; '' if it can. `machine`: (system, processor)."""
    system, processor = machine
    if codec not in ('native', 'python'):
        return f'CODEC={codec} is not a codec; type CODEC=native or CODEC=python'
    if python < OLDEST:
        return f'Python {python[0]}.{python[1]} is too old: pass PYTHON=, a Python 3.9 or newer'
    if any(letter.isspace() for letter in folder):
        return f'make takes no space in a path: move this folder to another than {folder}'
    if system != 'Linux':
        return f'the demo needs Linux, and this is {system}: {WHEEL}'
    if processor in ('aarch64', 'arm64') and codec == 'native':
        return f'MicroPython loads no native modules on {processor}: CODEC=python does without'
    if processor not in ('x86_64', 'aarch64', 'arm64') and not own_interpreter:
        return f'no interpreter for {processor} is at hand: {OWN}'
    return ''


def archive_obstacle(suite):
    """Why Debian's archive cannot give what is missing; '' if it can, or only apt can tell."""
    if not shutil.which('apt-get'):
        return f'this is no Debian system: {OWN}'
    try:
        uri = debian.main_archive(debian.run('apt-get', 'update', '--print-uris'))
        proxy = debian.run('apt-config', 'shell', 'proxy', 'Acquire::http::Proxy')
    except debian.Failed as error:
        return f'{error}: {OWN}'
    if proxy or not uri.startswith('http'):
        return ''
    request = urllib.request.Request(f'{uri}/dists/{suite}/Release', method='HEAD')
    try:
        urllib.request.urlopen(request, timeout=10).close()
    except urllib.error.HTTPError as error:
        return f'{uri} has no Debian {suite}: {OWN}' if error.code == 404 else ''
    except OSError as error:
        reason = getattr(error, 'reason', error)
        return f'no network, {uri} does not answer ({reason}): behind a proxy, set http_proxy'
    return ''


def main(argv=None):
    """Runs the command line; returns its exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--codec', default='native', help='as CODEC= says: native or python')
    parser.add_argument('--suite', required=True, help="Debian's release that it comes from")
    parser.add_argument('--own-interpreter', action='store_true', help='MICROPYTHON= is given')
    parser.add_argument('--own-source', action='store_true', help='MPY_DIR= is given')
    args = parser.parse_args(argv)
    here = platform.system(), platform.machine()
    reason = obstacle(here, os.getcwd(), sys.version_info[:2], args.codec, args.own_interpreter)
    given = {
        'build/micropython': args.own_source,
        'build/debian/micropython': args.own_interpreter,
    }
    needed = [step for step in STEPS if args.codec == 'native' or step not in NATIVE]
    missing = [step for step in needed if not (given.get(step) or Path(step).exists())]
    if not reason and set(missing) & set(given):
        reason = archive_obstacle(args.suite)
    if reason:
        print(f'make: {reason}', file=sys.stderr)
        return 1
    for what, time in map(STEPS.get, missing):
        print(f'setup: {what}: about {time}')
    return 0


if __name__ == '__main__':
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
