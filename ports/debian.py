#!/usr/bin/env python3
"""Unpack packages of any Debian release into a folder, leaving the system as it is.

Binary packages come without those they depend on; --source gives the upstream source of one
package, without Debian's patches. The archive's address, its keys and any proxy are those of
the machine's own apt, whose lists go into a private folder: any user can do this.
"""

import argparse
import fcntl
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import urllib.parse

STATE = pathlib.Path(__file__).resolve().parent.parent / 'build' / 'apt'
HINT = 'pass MICROPYTHON= and MPY_DIR= to make to use a MicroPython of your own, see README'

PAUSES = 3, 15, 30  # seconds before trying again to get a release's lists

# What an entry in apt's sources says of trusting it; Signed-By may be a key in indented lines.
TRUST = r'(?i)\b(signed-by|trusted|check-valid-until)[:=][ \t]*([^\s\]]+|(?:\n[ \t].*)+)'

# All that apt writes goes below {state}. The machine's packages, pins and default release
# mean nothing here, and the hooks of an update would act on the system.
CONFIG = """\
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
APT::Architecture "{arch}"; APT::Default-Release ""; APT::Sandbox::User "root";
APT::Update::Error-Mode "any"; Acquire::Languages "none";
Dir::State "{state}"; Dir::State::status "{state}/status";
Dir::Cache "{state}/cache"; Dir::Cache::pkgcache "pkgcache.bin";
Dir::Etc::sourcelist "{state}/debian.sources"; Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null"; Dir::Etc::preferencesparts "/dev/null";
"""


class Failed(Exception):
    """What went wrong, in one line for the user."""


def run(*command, cwd=None):
    """The standard output of a command; Failed, with its last error, if it fails."""
    env = dict(os.environ, LC_ALL='C')
    try:
        done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True)
    except FileNotFoundError:
        raise Failed(f'this is not a Debian system: it has no {command[0]}') from None
    if done.returncode:
        # apt closes with an error that merely says there were some.
        errors = re.findall('(?m)^E: (?!Some index files|.*some archives)(.+)', done.stderr)
        errors = errors or done.stderr.strip().splitlines() or [f'{command[0]} failed']
        raise Failed(errors[-1].strip(' .'))
    return done.stdout


def main_archive(uris):
    """The main archive in apt's "update --print-uris": neither security nor somebody else's."""
    # The name of a disc has spaces.
    found = re.findall(r"(?m)^'(\S+)/dists/((?![^/']*security)[^/']+)/main/binary-", uris)
    if not found:
        raise Failed('apt on this machine has no address of a Debian archive')
    # The first among equals wins; suites with a dash are updates, backports or others' own.
    return max(found, key=lambda entry: ('-' not in entry[1], entry[0].endswith('/debian')))[0]


def trust(text, uri):
    """What the entry for an address, in sources of either style, says of trusting it."""
    text = re.sub(r'(?m)^\s*#.*\n?', '', text).replace(':///', ':/')  # as apt prints file:///
    for entry in re.split(r'\n\s*\n|\n(?=deb)', text):
        if re.search(re.escape(uri) + r'/?(\s|$)', entry):
            return dict(re.findall(TRUST, entry))
    return {}


def prepare(state, suite, arch):
    """Writes apt's private configuration and sources into a folder; returns the former."""
    uri = main_archive(run('apt-get', 'update', '--print-uris'))  # the lists may be empty
    places = 'LIST', 'Dir::Etc::sourcelist/f', 'PARTS', 'Dir::Etc::sourceparts/d'
    shell = run('apt-config', 'shell', *places)
    main, parts = (pathlib.Path(word.split('=', 1)[1]) for word in shlex.split(shell))
    files = [path for path in (main, *parts.glob('*')) if path.suffix in ('.list', '.sources')]
    texts = [path.read_text(errors='replace') for path in files if path.is_file()]
    kind, index = ('deb-src', 'Sources') if arch == 'source' else ('deb', 'Packages')
    fields = dict(trust('\n\n'.join(texts), uri), Types=kind, URIs=uri, Suites=suite)
    fields.update(Components='main', Targets=index, Architectures=arch)
    sources = ''.join(f'{name}: {value}\n' for name, value in fields.items())
    config = CONFIG.format(arch=arch, state=state)
    for name, text in ('debian.sources', sources), ('apt.conf', config), ('status', ''):
        path = state / name
        # Sources newer than its cache would make apt read all its lists again.
        if not path.is_file() or path.read_text() != text:
            path.write_text(text)
    return state / 'apt.conf'


def fetch(config, folder, *command):
    """Runs an apt-get command in a folder, again with new lists if those at hand fail it."""
    apt = ('apt-get', '-c', str(config))
    if any(config.parent.glob('lists/*_main_*')):
        try:
            return run(*apt, *command, cwd=folder)
        except Failed:
            pass
    for pause in PAUSES:
        try:
            run(*apt, 'update')
            break
        except Failed:
            time.sleep(pause)  # a mirror that is just being updated mends itself
    else:
        run(*apt, 'update')
    return run(*apt, *command, cwd=folder)


def binaries(config, packages, folder):
    """Unpacks binary packages as folder/made; returns their versions."""
    fetch(config, folder, 'download', *packages)
    versions = {}
    for deb in folder.glob('*.deb'):
        run('dpkg', '-x', str(deb), str(folder / 'made'))
        name, version = deb.name.split('_')[:2]
        versions[name] = urllib.parse.unquote(version)
    return {name: versions[name] for name in packages}


def upstream(config, packages, folder):
    """Unpacks the upstream source of a package as folder/made; returns its version."""
    uris = fetch(config, folder, 'source', '--print-uris', *packages)
    fetch(config, folder, 'source', '--tar-only', '--download-only', *packages)
    tars = [path for path in folder.glob('*.tar.*') if path.suffix != '.asc']
    unpack_tar(min(tars, key=lambda path: len(path.name)), folder / 'made')
    return {packages[0]: re.search(r' \S+?_(\S+)\.dsc ', uris).group(1)}


def unpack_tar(archive, into):
    """Unpacks a source archive as a folder, without its top folder and debian/."""
    raw = archive.with_name('raw')
    with tarfile.open(archive) as tar:
        # Not every Python 3.9 has filters; without, it is apt's check of the archive that counts.
        tar.extraction_filter = getattr(tarfile, 'data_filter', None)
        tar.extractall(raw)
    top, *more = raw.iterdir()
    top = raw if more else top
    shutil.rmtree(top / 'debian', ignore_errors=True)
    top.rename(into)


def is_held(into, title, packages):
    """Whether the folder was made from precisely these packages of this suite."""
    stamp = into / '.packages'
    if into.exists() and os.listdir(into) and not stamp.is_file():
        raise Failed(f'{into} holds something else, which is not replaced')
    first, *lines = stamp.read_text().splitlines() if stamp.is_file() else ['']
    return first == title and {line.split('=')[0] for line in lines} == set(packages)


def install(unpack, config, packages, into, title):
    """Makes the folder, beside its place and then with a rename; returns the versions."""
    with tempfile.TemporaryDirectory(prefix=f'.{into.name}-', dir=into.parent) as beside:
        made = pathlib.Path(beside, 'made')
        versions = unpack(config, packages, made.parent)
        lines = [title, *(f'{name}={version}' for name, version in versions.items())]
        (made / '.packages').write_text('\n'.join(lines) + '\n')
        if into.exists():
            into.rename(made.with_name('old'))
        made.rename(into)
    return versions


def setup(args):
    """Makes the folder unless it holds the packages, one make at a time; says what it did."""
    arch = 'source' if args.source else args.arch or run('dpkg', '--print-architecture').strip()
    title = f'{args.suite}, {arch}'
    into, state = args.into.absolute(), args.state.resolve() / f'{args.suite}-{arch}'
    if is_held(into, title, args.packages):
        return
    (state / 'cache').mkdir(parents=True, exist_ok=True)
    into.parent.mkdir(parents=True, exist_ok=True)
    with open(state / 'make.lock', 'w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if is_held(into, title, args.packages):
            return  # another make did it while this one waited
        config = prepare(state, args.suite, arch)
        unpack = upstream if args.source else binaries
        versions = install(unpack, config, args.packages, into, title)
    name, *more = args.packages
    others = f' and {len(more)} more' if more else ''
    print(f'debian: {name} {versions[name]}{others} ({title}) -> {args.into}')


def main(argv=None):
    """Runs the command line; returns its exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--suite', required=True, help="a release's code name")
    parser.add_argument('--arch', help="the machine's own unless given")
    parser.add_argument('--source', action='store_true', help='the upstream source instead')
    parser.add_argument('--into', required=True, type=pathlib.Path, metavar='DIR')
    parser.add_argument('--state', default=STATE, type=pathlib.Path, help="for apt's lists")
    parser.add_argument('--hint', default=HINT, help='the advice that ends an error')
    parser.add_argument('packages', nargs='+', metavar='PACKAGE')
    args = parser.parse_args(argv)
    names = [args.suite, *args.packages]
    if not all(re.fullmatch('[a-z0-9][a-z0-9+.-]*', name) for name in names):
        parser.error('not the name of a suite or a package')  # apt also takes patterns, versions
    if args.source and len(args.packages) > 1:
        parser.error('--source takes one package')
    try:
        setup(args)
    except (Failed, OSError, EOFError, tarfile.TarError) as error:
        print(f'debian: {names[1]} ({names[0]}): {error}; {args.hint}', file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == '__main__':
    sys.exit(main())
