"""Boards as on_board/probe.py describes them."""

from microdot_websocket.cli.board import Board

ARMV6M, RV32IMC, XTENSAWIN, NONE = 0x1306, 0x32F06, 0x2B06, 0x0306
PICO = {
    'device': 'COM3',
    'platform': 'rp2',
    'machine': 'Raspberry Pi Pico W with RP2040',
    'mpy': ARMV6M,
    'version': [1, 25, 0],
    'network': True,
    'heap': 190000,
    'lib': '/lib',
    'block': 4096,
    'free': 800 * 1024,
    'hiding': [],
    'files': {},
}


def board(**others):
    return Board(**{**PICO, **others})
