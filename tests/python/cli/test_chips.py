import pytest
from boards import board
from microdot_websocket.cli.board import choose_natmod
from microdot_websocket.cli.chips import CHIPS, UNKNOWN, identify

ARCHS = 'armv6m', 'armv7m', 'armv7emsp', 'armv7emdp', 'rv32imc', 'xtensawin'


@pytest.mark.parametrize(
    'machine, name, port',
    [
        ('Raspberry Pi Pico W with RP2040', 'RP2040', 'rp2'),
        ('Raspberry Pi Pico 2 W with RP2350-RISCV', 'RP2350', 'rp2350'),
        ('Generic ESP32 module with ESP32', 'ESP32', 'esp32'),
        ('LOLIN_S2_MINI with ESP32-S2FN4R2', 'ESP32-S2', 'esp32'),
        ('M5Stack AtomS3 with ESP32-S3-PICO-1-N8R2', 'ESP32-S3', 'esp32'),
        ('A watch with ESP32-PICO-D4', 'ESP32', 'esp32'),
        ('Generic ESP32C2 module with ESP32C2', 'ESP32-C2', 'esp32c3'),
        ('LOLIN_C3_MINI with ESP32-C3FH4', 'ESP32-C3', 'esp32c3'),
        ('ESP32C5 module with ESP32C5', 'ESP32-C5', 'esp32c3'),
        ('Generic ESP32C6 module with ESP32C6', 'ESP32-C6', 'esp32c3'),
        ('ESP32H2 module with ESP32H2', 'ESP32-H2', 'esp32c3'),
        ('Generic ESP32P4 module with ESP32P4', 'ESP32-P4', 'esp32c3'),
        ('ESP module with ESP8266', 'ESP8266', 'esp8266'),
        ('PYBv1.1 with STM32F405RG', 'STM32F4', 'stm32'),
        ('Seeed XIAO with SAMD21G18A', 'SAMD21', ''),
        ('Adafruit Metro M4 with SAMD51J19A', 'SAMD51', ''),
        ('Teensy 4.1 with MIMXRT1062DVJ6A', 'i.MX RT1062', ''),
        ('XIAO nRF52840 Sense with NRF52840', 'nRF52840', ''),
        ('Arduino Portenta C33 with RA6M5', 'RA6M5', ''),
    ],
)
def test_a_chip_is_called_by_its_own_name(machine, name, port):
    known, chip = identify(machine)
    assert (known, chip.port) == (name, port)
    assert board(machine=machine).chip == name


def test_a_board_that_is_not_known_gets_the_file_of_its_architecture():
    other = board(platform='zephyr', machine='zephyr-frdm with mk64f12', mpy=7 << 10 | 0x306)
    assert identify(other.machine) == ('', UNKNOWN)
    assert choose_natmod(other, ARCHS) == ('armv7emsp', '')


def test_what_is_not_known_is_called_so():
    assert all(chip.left == 'not measured' or chip.left[0].isdigit() for chip in CHIPS)
