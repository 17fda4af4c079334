"""Autobahn|Testsuite's fuzzing client against an echo server on one of the interpreters, and its
fuzzing server against a client."""

import contextlib
import json
import shutil
import socket
import subprocess
import time
from pathlib import Path

from interpreters import BUILD, IMPL, command, free_port
from server_process import Server

from .report import Report, left_out

CLIENT = 'client-'  # before the name of an interpreter: it runs a client, not a server
AGENTS = (
    'unix',
    'unix-twin',
    'cpython',
    'cpython-native',
    'client-unix',
    'client-unix-twin',
    'client-cpython-native',
)
ECHO_CLIENT = Path(__file__).with_name('echo_client.py')
ECHO = Path(__file__).with_name('echo.py')
WSTEST = BUILD / 'bin' / 'wstest'
HEAP = '128m'  # for the messages of group 9
PATIENCE = 600  # seconds, for what takes 40, or 200 on an emulated core
WHOLE_PATIENCE = 6000  # for what takes 600


def interpreter(agent):
    """The name of the one that an agent runs on."""
    return agent[len(CLIENT) :] if agent.startswith(CLIENT) else agent


def run(agent, folder, target=None, wstest=WSTEST, whole=False):
    """The Report on the cases. What the suite writes, HTML too, stays in the folder.

    `target`: see interpreters.command(). `whole`: all of the cases.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    fuzz = fuzz_server if interpreter(agent) == agent else fuzz_client
    faults = fuzz(wstest, agent, folder, target, whole)
    return Report(results(folder, agent), faults, whole)


def fuzz_server(wstest, agent, folder, target, whole):
    """Let the suite's client test a server; what went wrong with either, a list."""
    try:
        server = Server(agent, ECHO, 'PORT', IMPL[agent], heap=HEAP, target=target)
    except RuntimeError as error:
        return [str(error)]
    faults = []
    try:
        servers = [{'agent': agent, 'url': server.url('/')}]
        with suite(wstest, 'fuzzingclient', folder, whole, servers=servers) as process:
            faults += ended('the client', process, folder / 'wstest.log', whole)
    finally:
        if server.stop():
            faults.append(f'the server printed: {server.console}')
    return faults


def fuzz_client(wstest, agent, folder, target, whole):
    """Let the suite's server test a client; what went wrong with the latter, a list."""
    name = interpreter(agent)
    url = f'ws://127.0.0.1:{free_port()}'
    words, env = command(name, heap=HEAP, target=target)
    log = folder / 'client.log'
    with suite(wstest, 'fuzzingserver', folder, whole, url=url) as server:
        try:
            wait_for(url, server)
            words += [str(ECHO_CLIENT), url, agent, IMPL[name]]
            with log.open('wb') as out:
                with subprocess.Popen(words, env=env, stdout=out, stderr=out) as process:
                    return ended('the client', process, log, whole)
        finally:
            server.terminate()


@contextlib.contextmanager
def suite(wstest, mode, folder, whole, **spec):
    """The suite's process."""
    spec |= {
        'outdir': str(folder),
        'cases': ['*'],
        'exclude-cases': left_out(whole),
        'exclude-agent-cases': {},
    }
    path = folder / 'spec.json'
    path.write_text(json.dumps(spec))
    # Without its web page, whose port all servers of this kind would share.
    words = [wstest, '--mode', mode, '--webport', '0', '--spec', path]
    with (folder / 'wstest.log').open('wb') as out:
        with subprocess.Popen(words, stdout=out, stderr=out) as process:
            yield process


def ended(what, process, log, whole):
    """Wait for a process; what went wrong with it, as a list of at most one."""
    patience = WHOLE_PATIENCE if whole else PATIENCE
    try:
        code = process.wait(patience)
    except subprocess.TimeoutExpired:
        process.terminate()
        return [f'{what} has not ended within {patience} s, see {log}']
    return [f'{what} has ended with exit code {code}, see {log}'] if code else []


def wait_for(url, process):
    """Until it listens there, or has ended, or half a minute has passed."""
    port = int(url.rpartition(':')[2])
    deadline = time.monotonic() + 30
    while process.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection(('127.0.0.1', port)).close()
            return
        except ConnectionRefusedError:
            time.sleep(0.1)


def results(folder, agent):
    index = folder / 'index.json'
    return json.loads(index.read_text()).get(agent, {}) if index.exists() else {}
