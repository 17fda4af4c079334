# RP2350: Raspberry Pi Pico 2, Pico 2 W; rv32imc for firmware that runs its RISC-V cores.
rp2350_ARCHS := armv7emsp rv32imc
