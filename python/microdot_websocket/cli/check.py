"""see whether what is installed on a board works

Compares the files with those of this machine, imports the package on the board as an application
does, says which codec runs and how much memory is left, then runs the codec's tests on the board.

examples:
  microdot-websocket check
  microdot-websocket check --no-tests
  microdot-websocket check --json
"""

import re

from . import Failed, mpremote
from .board import ON_BOARD, answer
from .command import add_device, add_files, print_json
from .install import look, refuse_what_hides
from .interrupt import interrupt

TESTS = 'test_codec', 'test_mod_wscodec_rules', 'test_mod_wscodec_sending'
COUNTS = re.compile(r'^(\d+) passed, (\d+) failed', re.MULTILINE)


def add_arguments(parser):
    add_device(parser)
    add_files(parser)
    parser.add_argument('--no-tests', action='store_true', help='do not run the tests')
    parser.add_argument('--json', action='store_true', help='print the result as JSON')


def check_files(board, plan):
    """Failed, with what to do, unless all is on the board as it is here and nothing hides it."""
    if plan.hiding:
        refuse_what_hides(board, plan)
    # What was in /lib before it came into the ROM partition is harmless.
    wrong = len(plan.copy) + (0 if plan.in_rom else len(plan.stale))
    if len(plan.copy) == len(plan.wanted):
        raise Failed(f'{board.device}: nothing is installed: microdot-websocket install')
    if wrong:
        raise Failed(
            f'{board.device}: {wrong} of {len(plan.wanted)} files are missing or of another '
            f'version: {plan.command}'
        )


def import_there(board):
    """What on_board/report.py says."""
    try:
        output = mpremote.call(board.device, 'run', ON_BOARD / 'report.py')
    except mpremote.BoardFailed as error:
        raise Failed(f'{error} (when the package was imported)')
    report = answer(output, 'report:')
    if report is None:
        raise Failed(f'{board.device}: the import did not come to its end')
    report['warnings'] = [line for line in output.splitlines() if 'report:' not in line and line]
    if not report['drop_in']:
        place = report['modules'].get('microdot.websocket') or 'one in the firmware'
        raise Failed(f"{board.device}: microdot.websocket is Microdot's own, {place}, not ours")
    return report


def run_tests(board, folder, codec, show):
    """(passed, failed) of the codec's tests, which the board mounts from here."""
    modules = TESTS if codec == 'native' else TESTS[:1]
    code = f'import main; main.main({codec!r}, {modules!r})'
    words = 'mount', folder / 'check', 'exec', code
    try:
        counts = COUNTS.search(mpremote.call(board.device, *words, timeout=300, show=show))
    except KeyboardInterrupt:
        interrupt(board.device)
        raise
    if not counts:
        raise Failed(f'{board.device}: the tests did not come to their end')
    return int(counts[1]), int(counts[2])


def run(args):
    say = (lambda *words: None) if args.json else print
    board, plan, remarks = look(args.device, args.files)
    say(f'{board.device}: {board}')
    for remark in remarks:
        say(remark)
    check_files(board, plan)
    report = import_there(board)
    for name, place in sorted(report['modules'].items()):
        say(f'  {name:42} {place or "in the firmware"}')
    for line in report['warnings']:
        say(line)
    free = report['free_after']
    say(f'codec: {report["codec"]}, free memory: {free} bytes of {report["free_before"]}')
    passed = failed = None
    if not args.no_tests:
        show = None if args.json else lambda piece: print(piece.decode(), end='', flush=True)
        passed, failed = run_tests(board, args.files, report['codec'], show)
    if args.json:
        about = {'device': board.device, 'machine': board.machine, 'firmware': board.firmware}
        print_json({**about, **report, 'passed': passed, 'failed': failed})
    elif failed:
        raise Failed(f'{board.device}: {failed} tests failed')
    else:
        tests = '' if passed is None else ', and its tests passed'
        print(f'The package works there{tests}. Next: microdot-websocket run app.py')
    return 1 if failed else 0
