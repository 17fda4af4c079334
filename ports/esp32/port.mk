# ESP32, ESP32-S2 and ESP32-S3: the Espressif chips with an Xtensa core that has register windows.
esp32_ARCHS := xtensawin

# One natmod for all three. ESP-IDF's compiler would use zero-overhead loops, which the S2 lacks.
# Debian's is for the ESP8266: windowed.S lends its assembler what it lacks.
ifneq ($(shell command -v xtensa-esp32-elf-gcc),)
xtensawin_CROSS := xtensa-esp32-elf-
xtensawin_CFLAGS := -fno-branch-count-reg
else
xtensawin_CROSS := xtensa-lx106-elf-
xtensawin_CFLAGS := -mabi=windowed -Wa,$(abspath ports/esp32/windowed.S)
endif
