# ESP32-C3, -C6 and their kin: the Espressif chips with a RISC-V core.
esp32c3_ARCHS := rv32imc

# ESP-IDF's compiler where it is on PATH.
rv32imc_CROSS := $(if $(shell command -v riscv32-esp-elf-gcc),riscv32-esp-elf-,riscv64-unknown-elf-)
