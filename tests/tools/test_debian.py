"""tools/debian.py, without a network: what it reads, what it writes and how it fails."""

import importlib.util
import io
import os
import pathlib
import subprocess
import sys
import tarfile

import pytest

TOOL = pathlib.Path(__file__).parents[2] / 'tools' / 'debian.py'
SPEC = importlib.util.spec_from_file_location('debian_tool', TOOL)
debian = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(debian)


def uris(*archives):
    """What "apt-get update --print-uris" prints for pairs of address and suite."""
    return ''.join(
        f"'{uri}/dists/{suite}/InRelease' name_InRelease 0 \n"
        f"'{uri}/dists/{suite}/main/binary-amd64/Packages.xz' name_Packages 0 \n"
        for uri, suite in archives
    )


def tool(*args, path=None):
    env = dict(os.environ, PATH=os.environ['PATH'] if path is None else str(path))
    command = sys.executable, str(TOOL), '--hint', 'do this', *map(str, args)
    return subprocess.run(command, env=env, capture_output=True, text=True)


def script(path, text):
    path.write_text('#!/bin/sh\n' + text)
    path.chmod(0o755)


@pytest.fixture
def machine(tmp_path):
    """A PATH with an apt that knows one package, "known", and logs what it is asked to do."""
    bin_ = tmp_path / 'bin'
    bin_.mkdir()
    log = tmp_path / 'log'
    (tmp_path / 'uris').write_text(uris(('http://mirror.example/debian', 'bookworm')))
    (tmp_path / 'main.list').write_text(
        'deb [signed-by=/keys/Main.gpg] http://mirror.example/debian bookworm main\n'
    )
    script(
        bin_ / 'apt-config',
        f'echo "LIST=\'{tmp_path}/main.list\'"\necho "PARTS=\'{tmp_path}/parts\'"\n',
    )
    script(
        bin_ / 'apt-get',
        f"""
if [ "$2" = --print-uris ]; then while read -r l; do echo "$l"; done < {tmp_path}/uris; exit; fi
echo "$3 $4" >> {log}
case "$2 $3 $4" in
*/stale-*) echo "E: Mirror sync in progress?" >&2; exit 100;;
esac
case "$3 $4" in
update*) d="${{2%/*}}/lists"; /bin/mkdir -p "$d"; : > "$d/mirror_main_binary-amd64_Packages";;
"download known" | install*) : > "known_2%3a1.0-1_amd64.deb";;
*) echo "E: Unable to locate package $4" >&2; exit 100;;
esac
""",
    )
    script(
        bin_ / 'dpkg',
        """
[ "$1" = --print-architecture ] && echo amd64 && exit
/bin/mkdir -p "$3/usr" && echo unpacked > "$3/usr/file"
""",
    )

    def run(into, *packages, suite='trixie'):
        done = tool(
            '--suite', suite, '--into', into, '--state', tmp_path / 'state', *packages, path=bin_
        )
        asked = log.read_text().splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return done, asked

    return run


def test_main_archive_is_neither_security_nor_updates_nor_another_project():
    text = uris(
        ('http://security.example/debian-security', 'bookworm-security'),
        ('http://other.example/repos/apt', 'bookworm-other'),
        ('http://tools.example/deb', 'stable'),
        ('http://mirror.example/debian', 'bookworm-updates'),
        ('http://near.example/debian', 'bookworm'),
        ('http://far.example/debian', 'bookworm'),
    )
    assert debian.main_archive(text) == 'http://near.example/debian'


def test_main_archive_may_have_any_name():
    text = uris(
        ('cdrom://[Debian 12]/debian', 'bookworm'), ('https://cache.example/deb', 'bookworm')
    )
    assert debian.main_archive(text) == 'https://cache.example/deb'


@pytest.mark.parametrize('text', ['', uris(('http://mirror.example/s', 'bookworm-security'))])
def test_no_main_archive(text):
    with pytest.raises(debian.Failed, match='no address'):
        debian.main_archive(text)


DEB822 = """\
# Types: deb, formerly http://mirror.example/debian
Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Signed-By: /keys/security.gpg

Types: deb
URIs: http://mirror.example/debian/
Suites: bookworm bookworm-updates
Components: main
Signed-By: /keys/Main.gpg
Check-Valid-Until: no
"""


def test_trust_in_deb822():
    assert debian.trust(DEB822, 'http://mirror.example/debian') == {
        'Signed-By': '/keys/Main.gpg',
        'Check-Valid-Until': 'no',
    }


def test_trust_in_one_line_entries():
    text = (
        'deb [signed-by=/keys/other.gpg] http://mirror.example/other bookworm main\n'
        'deb [arch=amd64 signed-by=/keys/Main.gpg trusted=yes] file:///debian bookworm main\n'
    )
    assert debian.trust(text, 'file:/debian') == {'signed-by': '/keys/Main.gpg', 'trusted': 'yes'}


def test_trust_in_a_key_within_the_entry():
    key = '\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n mQ==\n -----END PGP PUBLIC KEY BLOCK-----'
    text = f'Types: deb\nURIs: http://mirror.example/debian\nSigned-By:{key}\nSuites: bookworm\n'
    assert debian.trust(text, 'http://mirror.example/debian') == {'Signed-By': key}


def test_trust_of_an_address_that_no_file_has():
    assert debian.trust(DEB822, 'http://mirror.example/elsewhere') == {}


@pytest.mark.parametrize(
    'stderr, error',
    [
        ('W: old\nE: Failed to fetch x  404\nE: Some index files failed to download.', 'x  404'),
        (
            'E: Failed to fetch w\nE: Failed to fetch x  404\nE: Failed to fetch some archives.',
            'x  404',
        ),
        ('dpkg-deb: error: not an archive\n', 'dpkg-deb: error: not an archive'),
        ('', 'failing failed'),
    ],
)
def test_the_last_error_that_tells_something(tmp_path, monkeypatch, stderr, error):
    script(tmp_path / 'failing', f"echo -n '{stderr}' >&2; exit 1\n")
    monkeypatch.setenv('PATH', str(tmp_path))
    with pytest.raises(debian.Failed) as failed:
        debian.run('failing')
    assert str(failed.value).endswith(error)


def make_tar(path, names):
    with tarfile.open(path, 'w:xz') as tar:
        for name in names:
            member = tarfile.TarInfo(name)
            member.size = len(name)
            tar.addfile(member, io.BytesIO(name.encode()))


def files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob('*') if path.is_file())


def test_source_loses_its_top_folder_and_debian(tmp_path):
    names = ['p-1/README', 'p-1/py/a.c', 'p-1/debian/control', 'p-1/tools/debian/kept']
    make_tar(tmp_path / 'p_1.orig.tar.xz', names)
    debian.unpack_tar(tmp_path / 'p_1.orig.tar.xz', tmp_path / 'made')
    assert files(tmp_path / 'made') == ['README', 'py/a.c', 'tools/debian/kept']
    assert (tmp_path / 'made' / 'py' / 'a.c').read_text() == 'p-1/py/a.c'


def test_source_without_a_top_folder(tmp_path):
    make_tar(tmp_path / 'p_1.orig.tar.xz', ['README', 'py/a.c'])
    debian.unpack_tar(tmp_path / 'p_1.orig.tar.xz', tmp_path / 'made')
    assert files(tmp_path / 'made') == ['README', 'py/a.c']


def test_held_means_precisely_these_packages_of_one_of_these_suites(tmp_path):
    assert not debian.is_held(tmp_path / 'absent', ['trixie, amd64'], ['a'])
    assert not debian.is_held(tmp_path, ['trixie, amd64'], ['a'])
    (tmp_path / '.packages').write_text('trixie, amd64\na=1-1\nb=2:1.0\n')
    assert debian.is_held(tmp_path, ['trixie, amd64'], ['b', 'a'])
    assert not debian.is_held(tmp_path, ['trixie, amd64'], ['a'])
    assert not debian.is_held(tmp_path, ['trixie, amd64'], ['a', 'b', 'c'])
    assert not debian.is_held(tmp_path, ['forky, amd64'], ['a', 'b'])
    assert debian.is_held(tmp_path, ['forky, amd64', 'trixie, amd64'], ['a', 'b'])


def test_unpacks_once(machine, tmp_path):
    into = tmp_path / 'deep' / 'into'
    done, asked = machine(into, 'known')
    assert done.stdout == f'debian: known 2:1.0-1 (trixie, amd64) -> {into}\n'
    assert (done.stderr, done.returncode) == ('', 0)
    assert asked == ['update ', 'download known']
    assert files(into) == ['.packages', 'usr/file']
    assert (into / '.packages').read_text() == 'trixie, amd64\nknown=2:1.0-1\n'
    assert os.listdir(into.parent) == ['into']
    done, asked = machine(into, 'known')
    assert (done.stdout, done.stderr, done.returncode, asked) == ('', '', 0, [])


def test_replaces_what_it_made_from_other_packages(machine, tmp_path):
    into = tmp_path / 'into'
    into.mkdir()
    (into / '.packages').write_text('trixie, amd64\nold=1\n')
    (into / 'old').touch()
    done, _ = machine(into, 'known')
    assert done.returncode == 0
    assert files(into) == ['.packages', 'usr/file']


def test_replaces_nothing_else(machine, tmp_path):
    into = tmp_path / 'into'
    into.mkdir()
    (into / 'precious').touch()
    done, asked = machine(into, 'known')
    assert done.returncode == 1
    assert 'holds something else' in done.stderr
    assert (files(into), asked) == (['precious'], [])


def test_the_next_suite_when_one_fails(machine, tmp_path):
    into = tmp_path / 'into'
    done, asked = machine(into, 'known', suite='stale,trixie')
    assert done.stdout == f'debian: known 2:1.0-1 (trixie, amd64) -> {into}\n'
    assert asked == ['update ', 'update ', 'download known']
    done, asked = machine(into, 'known', suite='stale,trixie')
    assert (done.stdout, done.stderr, done.returncode, asked) == ('', '', 0, [])


def test_complete_goes_by_what_the_machine_has(machine, tmp_path):
    done, asked = machine(tmp_path / 'into', '--complete', 'known')
    assert (done.stderr, done.returncode) == ('', 0)
    assert asked == ['update ', 'install --download-only']
    assert files(tmp_path / 'into') == ['.packages', 'usr/file']
    config = (tmp_path / 'state' / 'trixie-amd64-complete' / 'apt.conf').read_text()
    assert 'Dir::State::status "/var/lib/dpkg/status";' in config


def test_private_sources_name_the_machines_archive_and_key(machine, tmp_path):
    machine(tmp_path / 'into', 'known', suite='forky')
    lines = (tmp_path / 'state' / 'forky-amd64' / 'debian.sources').read_text().splitlines()
    assert sorted(lines) == [
        'Architectures: amd64',
        'Components: main',
        'Suites: forky',
        'Targets: Packages',
        'Types: deb',
        'URIs: http://mirror.example/debian',
        'signed-by: /keys/Main.gpg',
    ]


def test_unknown_package_gets_one_update_and_one_line(machine, tmp_path):
    machine(tmp_path / 'known', 'known')
    done, asked = machine(tmp_path / 'into', 'nonesuch')
    assert asked == ['download nonesuch', 'update ', 'download nonesuch']
    assert done.returncode == 1
    assert done.stderr == (
        'debian: nonesuch (trixie): Unable to locate package nonesuch; do this\n'
    )
    assert not (tmp_path / 'into').exists()


def test_new_lists_are_not_updated_again(machine, tmp_path):
    _, asked = machine(tmp_path / 'into', 'nonesuch')
    assert asked == ['update ', 'download nonesuch']


def test_another_system(tmp_path):
    done = tool(
        '--suite',
        'trixie',
        '--into',
        tmp_path / 'into',
        '--state',
        tmp_path / 'state',
        'known',
        path=tmp_path,
    )
    assert done.returncode == 1
    assert done.stderr == (
        'debian: known (trixie): this is not a Debian system: it has no dpkg; do this\n'
    )


@pytest.mark.parametrize(
    'words',
    [
        ['trixie', '--into', 'x', 'name=1.0'],
        ['trixie', '--into', 'x', '--source', 'two', 'names'],
        ['../trixie', '--into', 'x', 'name'],
    ],
)
def test_wrong_words(tmp_path, words):
    done = tool('--suite', *words, '--state', tmp_path, path=tmp_path)
    assert done.returncode == 2
    assert 'usage:' in done.stderr
    assert not os.listdir(tmp_path)
