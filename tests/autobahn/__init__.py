"""Autobahn|Testsuite's fuzzing client against an echo server on one of the interpreters."""

import json
import shutil
import subprocess
from pathlib import Path

from interpreters import BUILD, IMPL
from server_process import Server

from .report import Report, left_out

AGENTS = 'unix', 'unix-twin', 'cpython'
ECHO = Path(__file__).with_name('echo.py')
CLIENT = BUILD / 'bin' / 'wstest'
HEAP = '128m'  # for the messages of group 9
PATIENCE = 600  # seconds, for what takes 40, or 200 on an emulated core
WHOLE_PATIENCE = 6000  # for what takes 600


def run(agent, folder, target=None, client=CLIENT, whole=False):
    """The Report on the cases. What the client writes, HTML too, stays in the folder.

    `target`: see interpreters.command(). `whole`: all of the cases.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    faults = []
    try:
        server = Server(agent, ECHO, 'PORT', IMPL[agent], heap=HEAP, target=target)
    except RuntimeError as error:
        return Report({}, [str(error)], whole)
    try:
        faults += fuzz(client, agent, server.url('/'), folder, whole)
    finally:
        if server.stop():
            faults.append(f'the server printed: {server.console}')
    return Report(results(folder, agent), faults, whole)


def fuzz(client, agent, url, folder, whole):
    """Run the client; what went wrong with it, as a list of at most one."""
    spec = {
        'outdir': str(folder),
        'servers': [{'agent': agent, 'url': url}],
        'cases': ['*'],
        'exclude-cases': left_out(whole),
        'exclude-agent-cases': {},
    }
    path = folder / 'spec.json'
    path.write_text(json.dumps(spec))
    command = [client, '--mode', 'fuzzingclient', '--spec', path]
    patience = WHOLE_PATIENCE if whole else PATIENCE
    log = folder / 'client.log'
    with log.open('wb') as out, subprocess.Popen(command, stdout=out, stderr=out) as process:
        try:
            code = process.wait(patience)
        except subprocess.TimeoutExpired:
            process.terminate()
            return [f'the client has not ended within {patience} s, see {log}']
    return [f'the client has ended with exit code {code}, see {log}'] if code else []


def results(folder, agent):
    index = folder / 'index.json'
    return json.loads(index.read_text()).get(agent, {}) if index.exists() else {}
