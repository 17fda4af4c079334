"""Run one fuzzer in this process:  python -m fuzz.one FUZZER SECONDS SEED

ws_core      C under libFuzzer, AddressSanitizer and UndefinedBehaviorSanitizer
ws_protocol  the same
ws_deflate   the same
codec        masks, UTF-8 and headers by C, by its Python twin and by a plain reference
protocol     ws_protocol.c, its twin and a model of RFC 6455 on any stream in any pieces
natmod       the natmod's Protocol and the twin's on MicroPython, in random scripts of calls
extension    the same as the next, on the extension for CPython under sanitizers
websocket    a whole connection on any stream in any pieces, and the same model
handshake    the opening handshake on requests with odd headers
response     the client's handshake on responses with odd lines
compression  messages that are inflated and compressed, on CPython and MicroPython, and zlib

A fuzzer is a function of a Budget that returns a Report or raises a Finding.
"""

import faulthandler
import signal
import sys

from . import (
    codec,
    compression,
    extension,
    handshake,
    libfuzzer,
    natmod,
    protocol,
    response,
    websocket,
)
from .budget import FINDINGS, Budget, Finding
from .examples import Examples

FUZZERS = {
    **{target.name: target for target in libfuzzer.TARGETS},
    'codec': Examples('codec', codec.TESTS, 300),
    'protocol': Examples('protocol', protocol.TESTS, 600),
    'natmod': natmod.fuzz,
    'extension': extension.fuzz,
    'websocket': Examples('websocket', websocket.TESTS, 100),
    'handshake': Examples('handshake', handshake.TESTS, 300),
    'response': Examples('response', response.TESTS, 300),
    'compression': Examples('compression', compression.TESTS, 300),
}


def main(name, seconds, seed):
    FINDINGS.mkdir(parents=True, exist_ok=True)
    try:
        report = FUZZERS[name](Budget(float(seconds) if seconds else None, int(seed)))
    except Finding as finding:
        print(f'{name:11} FOUND\n{finding}')
        return 1
    print(f'{name:11} {report.executions:9} executions, {report.what}')
    return 0 if report.executions else 1


if __name__ == '__main__':
    faulthandler.enable()
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # the program that started it says what is said
    sys.exit(main(*sys.argv[1:]))
