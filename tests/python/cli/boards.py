"""Boards as on_board/probe.py describes them, and a stand-in for mpremote."""

from pathlib import Path

from microdot_websocket.cli.board import Board

ARMV6M, RV32IMC, XTENSAWIN, NONE = 0x1306, 0x32F06, 0x2B06, 0x0306
PICO = {
    'device': 'COM3',
    'python': 'micropython',
    'platform': 'rp2',
    'machine': 'Raspberry Pi Pico W with RP2040',
    'mpy': ARMV6M,
    'version': [1, 25, 0],
    'network': True,
    'wifi': True,
    'heap': 190000,
    'lib': '/lib',
    'block': 4096,
    'free': 800 * 1024,
    'hiding': [],
    'rom': None,
    'files': {},
}


def board(**others):
    return Board(**{**PICO, **others})


class Mpremote:
    """In the place of mpremote.call(): `asked` is what it was told, `copied` the text of each file
    that was to be copied, by its path on the board.

    :param answers: what the board prints, or a function of the command's words, by a part of one
                    of them: of a script's name or of code.
    """

    def __init__(self, **answers):
        self.asked = []
        self.copied = {}
        self._answers = answers

    def __call__(self, device, *words, **options):
        words = list(map(str, words))
        self.asked.append(words)
        if 'cp' in words:
            self.copied[words[-1]] = Path(words[-2]).read_text()
        for name, text in self._answers.items():
            if any(name in word for word in words):
                return text(words) if callable(text) else text
        return ''
