#!/usr/bin/env python3
"""Unpack packages of any Debian release into a folder, leaving the system as it is.

A command on PATH is taken before this is called. It is there for what no PATH and no container has:
MicroPython's interpreters and source, Python 2.7 and a QEMU with plugins come from other releases
than the machine's, and a release's libraries do not go beside another's. Who may run no container
and is not root, as in many a CI job, gets compilers and emulators all the same.

Binary packages come without those they depend on; --complete adds what this machine lacks of
those, and is for packages of its own release. --source gives the upstream source of one package,
without Debian's patches. The archive's address, its keys and any proxy are those of the machine's
own apt, whose lists go into a private folder: any user can do this.
"""

import argparse
import collections
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
PAUSES = 3, 15, 30  # seconds before trying again to get a release's lists

# What an entry in apt's sources says of trusting it; Signed-By may be a key in indented lines.
TRUST = r'(?i)\b(signed-by|trusted|check-valid-until)[:=][ \t]*([^\s\]]+|(?:\n[ \t].*)+)'

# All that apt writes goes below {state}. The machine's pins and default release mean nothing here,
# its packages only to --complete, and the hooks of an update would act on the system. The lists
# of a testing release expire within a week, on a mirror that stands still too.
CONFIG = """\
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
APT::Architecture "{arch}"; APT::Default-Release ""; APT::Sandbox::User "root";
APT::Update::Error-Mode "any"; Acquire::Languages "none"; Acquire::Check-Valid-Until "false";
Debug::NoLocking "true";
APT::Get::Assume-Yes "true"; APT::Install-Recommends "false";
Dir::State "{state}"; Dir::State::status "{status}";
Dir::Cache "{state}/cache"; Dir::Cache::pkgcache "pkgcache.bin";
Dir::Etc::sourcelist "{state}/debian.sources"; Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null"; Dir::Etc::preferencesparts "/dev/null";
"""


#: config: the file with apt's private configuration. pauses: between attempts to get lists, in s.
Apt = collections.namedtuple('Apt', 'config pauses')


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


def prepare(state, suite, arch, installed):
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
    status = '/var/lib/dpkg/status' if installed else state / 'status'
    config = CONFIG.format(arch=arch, state=state, status=status)
    for name, text in ('debian.sources', sources), ('apt.conf', config), ('status', ''):
        path = state / name
        # Sources newer than its cache would make apt read all its lists again.
        if not path.is_file() or path.read_text() != text:
            path.write_text(text)
    return state / 'apt.conf'


def fetch(apt, folder, *command):
    """Runs an apt-get command in a folder, again with new lists if those at hand fail it."""
    apt_get = ('apt-get', '-c', str(apt.config))
    if any(apt.config.parent.glob('lists/*_main_*')):
        try:
            return run(*apt_get, *command, cwd=folder)
        except Failed:
            pass
    for pause in apt.pauses:
        try:
            run(*apt_get, 'update')
            break
        except Failed:
            time.sleep(pause)  # a mirror that is just being updated mends itself
    else:
        run(*apt_get, 'update')
    return run(*apt_get, *command, cwd=folder)


def binaries(apt, packages, folder):
    """Unpacks binary packages as folder/made; returns their versions."""
    fetch(apt, folder, 'download', *packages)
    return unpack_debs(packages, folder)


def complete(apt, packages, folder):
    """Does the same, with what the machine lacks of the packages that these depend on."""
    (folder / 'partial').mkdir()
    words = '--download-only', '--reinstall', '-o', f'Dir::Cache::archives={folder}/'
    fetch(apt, folder, 'install', *words, *packages)
    return unpack_debs(packages, folder)


def unpack_debs(packages, folder):
    """Unpacks the packages in a folder as folder/made; returns the versions of those named."""
    versions = {}
    for deb in folder.glob('*.deb'):
        run('dpkg', '-x', str(deb), str(folder / 'made'))
        name, version = deb.name.split('_')[:2]
        versions[name] = urllib.parse.unquote(version)
    return {name: versions[name] for name in packages}


def upstream(apt, packages, folder):
    """Unpacks the upstream source of a package as folder/made; returns its version."""
    uris = fetch(apt, folder, 'source', '--print-uris', *packages)
    fetch(apt, folder, 'source', '--tar-only', '--download-only', *packages)
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


def is_held(into, titles, packages):
    """Whether the folder was made from precisely these packages of one of these suites."""
    stamp = into / '.packages'
    if into.exists() and os.listdir(into) and not stamp.is_file():
        raise Failed(f'{into} holds something else, which is not replaced')
    first, *lines = stamp.read_text().splitlines() if stamp.is_file() else ['']
    return first in titles and {line.split('=')[0] for line in lines} == set(packages)


def install(unpack, apt, packages, into, title):
    """Makes the folder, beside its place and then with a rename; returns the versions."""
    with tempfile.TemporaryDirectory(prefix=f'.{into.name}-', dir=into.parent) as beside:
        made = pathlib.Path(beside, 'made')
        versions = unpack(apt, packages, made.parent)
        lines = [title, *(f'{name}={version}' for name, version in versions.items())]
        (made / '.packages').write_text('\n'.join(lines) + '\n')
        if into.exists():
            into.rename(made.with_name('old'))
        made.rename(into)
    return versions


def setup(args, suites):
    """Makes the folder unless it holds the packages; says what it did."""
    arch = 'source' if args.source else args.arch or run('dpkg', '--print-architecture').strip()
    into = args.into.absolute()
    if is_held(into, [f'{suite}, {arch}' for suite in suites], args.packages):
        return
    for suite in suites:
        try:
            # Only the last is waited for.
            versions = make(args, suite, arch, into, PAUSES if suite == suites[-1] else ())
            break
        except Failed:
            if suite == suites[-1]:
                raise
    if versions:
        name, *more = args.packages
        others = f' and {len(more)} more' if more else ''
        print(f'debian: {name} {versions[name]}{others} ({suite}, {arch}) -> {args.into}')


def make(args, suite, arch, into, pauses):
    """Makes the folder from one suite, one make at a time; returns the versions, if it did."""
    kind = f'{arch}-complete' if args.complete else arch
    state = args.state.resolve() / f'{suite}-{kind}'
    (state / 'cache').mkdir(parents=True, exist_ok=True)
    into.parent.mkdir(parents=True, exist_ok=True)
    with open(state / 'make.lock', 'w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if is_held(into, [f'{suite}, {arch}'], args.packages):
            return {}  # another make did it while this one waited
        apt = Apt(prepare(state, suite, arch, installed=args.complete), pauses)
        unpack = upstream if args.source else complete if args.complete else binaries
        return install(unpack, apt, args.packages, into, f'{suite}, {arch}')


def main(argv=None):
    """Runs the command line; returns its exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--suite', required=True, help='code names, the next if one fails: a,b')
    parser.add_argument('--arch', help="the machine's own unless given")
    parser.add_argument('--source', action='store_true', help='the upstream source instead')
    parser.add_argument('--complete', action='store_true', help='what they need as well')
    parser.add_argument('--into', required=True, type=pathlib.Path, metavar='DIR')
    parser.add_argument('--state', default=STATE, type=pathlib.Path, help="for apt's lists")
    parser.add_argument('--hint', required=True, help='the advice that ends an error')
    parser.add_argument('packages', nargs='+', metavar='PACKAGE')
    args = parser.parse_args(argv)
    suites = args.suite.split(',')
    names = [*suites, *args.packages]
    if not all(re.fullmatch('[a-z0-9][a-z0-9+.-]*', name) for name in names):
        parser.error('not the name of a suite or a package')  # apt also takes patterns, versions
    if args.source and len(args.packages) > 1:
        parser.error('--source takes one package')
    try:
        setup(args, suites)
    except (Failed, OSError, EOFError, tarfile.TarError) as error:
        print(f'debian: {args.packages[0]} ({args.suite}): {error}; {args.hint}', file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == '__main__':
    sys.exit(main())
