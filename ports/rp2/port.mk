# RP2040: Raspberry Pi Pico, Pico W, and every other board with this chip.
rp2_ARCHS := armv6m
