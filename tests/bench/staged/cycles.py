"""The cycle counter that tests/emulators/rp2040 gives an RP2040."""

import micropython

MASK = 0x3FFFFFFF  # of now()


@micropython.viper
def now() -> int:
    """Modulo 1 << 30: always a small int, or to read it would take more or less time."""
    return ptr32(0x4007 << 16)[0] & 0x3FFFFFFF
