#!/usr/bin/env python3
"""Make a virtual environment in a folder and install requirements into it with pip.

Works with Debian's bare python3 too, which has no pip to put there: a wheel of it comes from
Debian's archive. What to install goes to pip as it is, under the user's configuration.
"""

import argparse
import fcntl
import importlib.util
import os
import pathlib
import re
import shlex
import subprocess
import sys

PORTS = pathlib.Path(__file__).resolve().parent
CERTIFICATES = pathlib.Path('/etc/ssl/certs/ca-certificates.crt')
DEBIANS = ('debian', 'raspbian')
OLDEST = (3, 9)
ADVICE = "install Python's venv module with pip, as in Debian's package python3-venv"


class Failed(Exception):
    """What went wrong, in one line for the user, perhaps after a command's output."""

    def __init__(self, message, output=''):
        super().__init__(message)
        self.output = output


def run(task, *command, env=None):
    """Runs a command silently; Failed, with its output, if it fails at its task."""
    streams = {'stdin': subprocess.DEVNULL, 'stdout': subprocess.PIPE, 'stderr': subprocess.STDOUT}
    done = subprocess.run(command, env=env, text=True, errors='replace', **streams)
    if done.returncode:
        # Without a network pip repeats a long warning; the last of them names the cause too.
        output = re.sub(r'(?m)^(WARNING: Retrying).*\n(?=\1)', '', done.stdout)
        raise Failed(f'{task} failed', output)


def debian_release(path=pathlib.Path('/etc/os-release')):
    """The code name of this Debian's release, '' for another system."""
    lines = shlex.split(path.read_text(), comments=True) if path.is_file() else []
    fields = dict(line.split('=', 1) for line in lines if '=' in line)
    return fields.get('VERSION_CODENAME', '') if fields.get('ID') in DEBIANS else ''


def pip_wheel():
    """Debian's wheel of pip, fetched unless it is here already."""
    suite = debian_release()
    if not suite:
        raise Failed(f'{sys.executable} cannot put pip into an environment: {ADVICE}')
    into = PORTS.parent / 'build' / 'debian' / f'{suite}-pip'
    # It says itself what it did, or what went wrong.
    words = '--suite', suite, '--into', os.path.relpath(into), '--hint', ADVICE, 'python3-pip-whl'
    fetched = subprocess.run([sys.executable, str(PORTS / 'debian.py'), *words])
    if fetched.returncode:
        sys.exit(1)
    return max(into.glob('usr/share/python-wheels/pip-*.whl'))


def is_usable(folder):
    """Whether a folder is an environment with pip, made there, of a Python still here."""
    try:
        # In a copy, or after a move, the scripts belong to the environment at the old place.
        if f'{folder}/' not in (folder / 'bin' / 'pip').read_text():
            return False
        check = [str(folder / 'bin' / 'python'), '-I', '-c', 'import pip']
        return subprocess.run(check, stderr=subprocess.DEVNULL).returncode == 0
    except OSError:
        return False


def create(folder):
    """Makes an environment with pip in a folder, unless it is one already."""
    if is_usable(folder):
        return
    if folder.exists() and os.listdir(folder) and not (folder / 'pyvenv.cfg').is_file():
        raise Failed(f'{folder} holds something else, which is not replaced')
    # Isolated, lest this very file be taken for the module where it is.
    venv = (sys.executable, '-I', '-m', 'venv', '--clear')
    if importlib.util.find_spec('ensurepip'):
        run('making the environment', *venv, str(folder))
        return
    wheel = pip_wheel()
    run('making the environment', *venv, '--without-pip', str(folder))
    # A wheel is a zip file, from which pip runs and installs itself.
    pip = str(folder / 'bin' / 'python'), f'{wheel}/pip', '--isolated', 'install'
    try:
        run('installing pip', *pip, '--no-index', '--no-deps', str(wheel))
    except Failed as error:
        if CERTIFICATES.is_file():
            raise
        # Debian 13's does not even start.
        raise Failed("Debian's pip needs its package ca-certificates") from error


def environment(folder):
    """The variables to run pip with, None for those there are.

    Debian's pip trusts the package ca-certificates and nothing else. Where that is missing and
    the user has configured nothing, what came in the wheel serves instead.
    """
    own = [str(path) for path in folder.glob('lib/*/site-packages/pip/_vendor/certifi/cacert.pem')]
    if own and debian_release() and not CERTIFICATES.is_file():
        command = [str(folder / 'bin' / 'pip'), 'config', 'list']
        settings = subprocess.run(command, stdout=subprocess.PIPE, text=True).stdout
        if '.cert=' not in settings:
            return dict(os.environ, PIP_CERT=own[0])
    return None


def main(argv=None):
    """Runs the command line; returns its exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('folder', metavar='DIR', type=pathlib.Path)
    parser.add_argument('requirements', metavar='REQUIREMENT', nargs=argparse.REMAINDER)
    args = parser.parse_args(argv)
    if not args.requirements:
        parser.error('nothing to install')
    folder = args.folder.absolute()
    try:
        if sys.version_info < OLDEST:
            raise Failed(f'{sys.executable} is older than Python 3.9')
        folder.parent.mkdir(parents=True, exist_ok=True)
        # One make at a time.
        with open(folder.with_name(f'{folder.name}.lock'), 'w') as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            create(folder)
            install = 'install --quiet --no-input --disable-pip-version-check'.split()
            command = str(folder / 'bin' / 'pip'), *install, *args.requirements
            task = f'pip install {shlex.join(args.requirements)}'
            run(task, *command, env=environment(folder))
    except (Failed, OSError) as error:
        print(getattr(error, 'output', ''), f'venv: {error}', sep='', file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == '__main__':
    sys.exit(main())
