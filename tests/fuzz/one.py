"""Run one fuzzer in this process:  python -m fuzz.one FUZZER SECONDS SEED

ws_core    C under libFuzzer, AddressSanitizer and UndefinedBehaviorSanitizer
codec      C, its Python twin and a plain reference on the same bytes (hypothesis)
natmod     the natmod and the twin on MicroPython, called with any arguments
protocol   Protocol and a model of RFC 6455 on any stream in any pieces (hypothesis)
websocket  a whole connection on any stream in any pieces, and the same model (hypothesis)
handshake  the opening handshake on requests with odd headers (hypothesis)

A fuzzer is a function of a Budget that returns a Report or raises a Finding.
"""

import faulthandler
import sys

from . import codec, handshake, natmod, protocol, websocket, ws_core
from .budget import FINDINGS, Budget, Finding
from .examples import Examples

FUZZERS = {
    'ws_core': ws_core.fuzz,
    'codec': Examples('codec', codec.TESTS, 300),
    'natmod': natmod.fuzz,
    'protocol': Examples('protocol', protocol.TESTS, 300),
    'websocket': Examples('websocket', websocket.TESTS, 100),
    'handshake': Examples('handshake', handshake.TESTS, 300),
}


def main(name, seconds, seed):
    FINDINGS.mkdir(parents=True, exist_ok=True)
    try:
        report = FUZZERS[name](Budget(float(seconds) if seconds else None, int(seed)))
    except Finding as finding:
        print(f'{name:10} FOUND\n{finding}')
        return 1
    print(f'{name:10} {report.executions:9} executions, {report.what}')
    return 0 if report.executions else 1


if __name__ == '__main__':
    faulthandler.enable()
    sys.exit(main(*sys.argv[1:]))
