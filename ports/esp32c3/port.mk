# ESP32-C3, -C6 and their kin: the Espressif chips with a RISC-V core.
esp32c3_ARCHS := rv32imc
esp32c3_PLATFORM := esp32
