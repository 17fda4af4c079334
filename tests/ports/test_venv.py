"""ports/venv.py, without a network: environments of nothing, and how it fails."""

import importlib.util
import os
import pathlib
import subprocess
import sys

import pytest

TOOL = pathlib.Path(__file__).parents[2] / 'ports' / 'venv.py'
SPEC = importlib.util.spec_from_file_location('venv_tool', TOOL)
venv = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(venv)


def script(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


@pytest.fixture
def made(tmp_path, monkeypatch):
    """A folder that passes for an environment; its pip logs its arguments, and fails at "bad"."""
    monkeypatch.delenv('PIP_CERT', raising=False)
    folder = tmp_path / 'env'
    script(folder / 'bin' / 'python', '#!/bin/sh\n')
    script(
        folder / 'bin' / 'pip',
        f"""#!/bin/sh
: {folder}/bin/python
echo "$@${{PIP_CERT:+ with $PIP_CERT}}" >> {tmp_path}/log
case "$*" in
*bad) echo 'WARNING: Retrying 1'; echo 'WARNING: Retrying 2: no network'; echo 'ERROR: bad' >&2
exit 1;;
*"config list") echo "global.index-url='https://index.example'";;
esac
""",
    )
    (folder / 'pyvenv.cfg').touch()
    return folder


@pytest.mark.parametrize(
    'text, release',
    [
        ('ID=debian\nVERSION_CODENAME=bookworm\n', 'bookworm'),
        ('NAME="Raspbian 12"\n\n# A comment\nID="raspbian"\nVERSION_CODENAME=\'a b\'', 'a b'),
        ('ID=ubuntu\nID_LIKE=debian\nVERSION_CODENAME=noble\n', ''),
        ('ID=debian\n', ''),
    ],
)
def test_debian_release(tmp_path, text, release):
    (tmp_path / 'os-release').write_text(text)
    assert venv.debian_release(tmp_path / 'os-release') == release


def test_no_release_file(tmp_path):
    assert venv.debian_release(tmp_path / 'os-release') == ''


def test_makes_an_environment_with_debians_pip(tmp_path, monkeypatch, capfd):
    """All but the wheel is real; what stands for it writes the files that the tool looks at."""
    wheel = tmp_path / 'pip-1.whl'
    script(
        wheel / 'pip' / '__main__.py',
        """
import pathlib, sys, sysconfig
assert sys.argv[1:3] == ['--isolated', 'install'] and sys.argv[-1].endswith('/pip-1.whl')
packages = pathlib.Path(sysconfig.get_path('purelib'))
assert not list(packages.iterdir())
(packages / 'pip.py').touch()
pip = pathlib.Path(sys.executable).with_name('pip')
pip.write_text(f'#!{sys.executable}\\nimport pip')
pip.chmod(0o755)
""",
    )
    monkeypatch.setattr(venv.importlib.util, 'find_spec', lambda name: None)
    monkeypatch.setattr(venv, 'pip_wheel', lambda: wheel)
    monkeypatch.chdir(TOOL.parent)
    folder = tmp_path / 'deep' / 'env'
    assert venv.main([str(folder), 'good']) == 0
    assert capfd.readouterr() == ('', '')
    assert venv.is_usable(folder)
    # Its scripts do not work elsewhere.
    assert not venv.is_usable(folder.rename(tmp_path / 'moved'))


def test_requirements_reach_pip_as_they_are(made, capfd):
    assert venv.main([str(made), '-e', '.[dev]', '--no-index']) == 0
    options = 'install --quiet --no-input --disable-pip-version-check'
    assert (made.parent / 'log').read_text() == f'{options} -e .[dev] --no-index\n'
    assert capfd.readouterr() == ('', '')


def test_pips_error_is_shown(made, capfd):
    assert venv.main([str(made), 'good', 'bad']) == 1
    out, err = capfd.readouterr()
    assert out == ''
    assert err.splitlines() == [
        'WARNING: Retrying 2: no network',
        'ERROR: bad',
        'venv: pip install good bad failed',
    ]


def test_usable_means_made_there_by_this_python(made):
    assert venv.is_usable(made)
    script(made / 'bin' / 'python', '#!/bin/sh\nexit 1\n')
    assert not venv.is_usable(made)
    (made / 'bin' / 'python').unlink()
    assert not venv.is_usable(made)
    assert not venv.is_usable(made.parent / 'absent')


def test_nothing_else_is_replaced(tmp_path, capfd):
    (tmp_path / 'precious').touch()
    assert venv.main([str(tmp_path), 'good']) == 1
    assert 'holds something else' in capfd.readouterr().err
    assert (tmp_path / 'precious').exists()


def test_without_ensurepip_on_another_system(tmp_path, monkeypatch, capfd):
    monkeypatch.setattr(venv.importlib.util, 'find_spec', lambda name: None)
    monkeypatch.setattr(venv, 'debian_release', lambda: '')
    assert venv.main([str(tmp_path / 'env'), 'good']) == 1
    err = capfd.readouterr().err
    assert 'python3-venv' in err
    assert err.count('\n') == 1


def test_the_wheel_is_that_of_the_machines_release(tmp_path, monkeypatch):
    asked = []

    def run(command):
        asked.extend(command)
        into = pathlib.Path(command[command.index('--into') + 1])
        script(into / 'usr' / 'share' / 'python-wheels' / 'pip-23-py3-none-any.whl', '')
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(venv, 'PORTS', tmp_path / 'ports')
    monkeypatch.setattr(venv, 'debian_release', lambda: 'bookworm')
    monkeypatch.setattr(venv.subprocess, 'run', run)
    assert venv.pip_wheel().name == 'pip-23-py3-none-any.whl'
    assert asked[asked.index('--suite') + 1] == 'bookworm'
    assert asked[-1] == 'python3-pip-whl'


def test_certificates_from_the_wheel_are_the_last_resort(made, monkeypatch):
    own = made / 'lib' / 'python3' / 'site-packages' / 'pip' / '_vendor' / 'certifi' / 'cacert.pem'
    script(own, '')
    monkeypatch.setattr(venv, 'debian_release', lambda: 'bookworm')
    monkeypatch.setattr(venv, 'CERTIFICATES', own)
    assert venv.environment(made) is None
    monkeypatch.setattr(venv, 'CERTIFICATES', made / 'absent')
    assert venv.environment(made) == dict(os.environ, PIP_CERT=str(own))
    assert venv.main([str(made), 'good']) == 0
    assert (made.parent / 'log').read_text().endswith(f' good with {own}\n')
    script(made / 'bin' / 'pip', '#!/bin/sh\necho "global.cert=\'/mine.crt\'"\n')
    assert venv.environment(made) is None


def test_old_python(made, monkeypatch, capfd):
    monkeypatch.setattr(venv.sys, 'version_info', (3, 8, 20))
    assert venv.main([str(made), 'good']) == 1
    assert capfd.readouterr().err == f'venv: {sys.executable} is older than Python 3.9\n'


def test_nothing_to_install(tmp_path, capfd):
    with pytest.raises(SystemExit):
        venv.main([str(tmp_path)])
    assert 'nothing to install' in capfd.readouterr().err
