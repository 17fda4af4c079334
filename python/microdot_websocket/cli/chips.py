"""The chips that boards have, as data: README's table says the same, and a test compares them.

A native module depends on nothing but the processor, so that a board that is not here is served
too: its firmware says which it loads.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Chip:
    boards: str  # as README has it
    pattern: str  # of the chip's name, the end of sys.implementation._machine
    port: str  # its folder in ports/; '' if it has none of its own
    archs: tuple  # what its firmwares load, as far as there are native modules
    network: str = ''  # what to know of it
    memory: str = ''  # the same
    left: str = 'not measured'  # RAM after the import


CHIPS = (
    Chip(
        'ESP32, ESP32-S2, ESP32-S3',
        r'ESP32(-?S\d)?(?!-?[CHP]\d)',
        'esp32',
        ('xtensawin',),
    ),
    Chip(
        'ESP32-C2, -C3, -C5, -C6, -H2, -P4',
        r'ESP32-?[CHP]\d+',
        'esp32c3',
        ('rv32imc',),
        'an ESP32-H2 has no Wi-Fi, and an ESP32-P4 none of its own',
    ),
    Chip(
        'ESP8266',
        'ESP8266',
        'esp8266',
        ('xtensa',),
        memory='38 KiB of heap and 500 bytes for native code: the package must be in its firmware, '
        'or in a ROM partition with the Python codec',
    ),
    Chip(
        'RP2040: Raspberry Pi Pico, Pico W',
        'RP2040',
        'rp2',
        ('armv6m',),
        'a Pico without the W has no network',
        left='199,696 of 241,312 bytes, on a Pico without the W',
    ),
    Chip(
        'RP2350: Raspberry Pi Pico 2, Pico 2 W',
        'RP2350',
        'rp2350',
        ('armv7emsp', 'rv32imc'),
        'a Pico 2 without the W has no network',
    ),
    Chip('STM32', r'STM32[A-Z]+\d', 'stm32', ('armv7m', 'armv7emsp', 'armv7emdp', 'armv6m')),
    Chip('SAMD21, SAMD51', r'SAM[DE]\d\d', '', ('armv6m', 'armv7emsp')),
    Chip('i.MX RT (`mimxrt`)', r'MIMXRT\d+', '', ('armv7emdp', 'armv7emsp')),
    Chip('nRF52, nRF91', r'NRF\d+', '', ('armv7emsp',), 'they have no Wi-Fi'),
    Chip('Renesas RA: Arduino Portenta C33', r'RA\d\w\d', '', ('armv7emsp',)),
)
UNKNOWN = Chip('', '', '', ())
SPELLINGS = (r'^ESP32-?(?=\w)', 'ESP32-'), ('^NRF', 'nRF'), ('^MIMXRT', 'i.MX RT')


def identify(machine):
    """(name, Chip) of a board, by its sys.implementation._machine; ('', UNKNOWN) for others."""
    mcu = machine.rpartition(' with ')[2]
    for chip in CHIPS:
        match = re.match(chip.pattern, mcu, re.IGNORECASE)
        if match:
            name = match[0].upper()
            for pattern, spelling in SPELLINGS:
                name = re.sub(pattern, spelling, name)
            return name, chip
    return '', UNKNOWN
