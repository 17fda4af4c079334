# ESP8266.
esp8266_ARCHS := xtensa

# dynruntime.mk's -mforce-l32 makes loads of the names that mpy_ld.py cannot link. It is for data in
# flash, which this chip reads 32 bits at a time: all that the codec is given lies in RAM.
xtensa_CROSS := xtensa-lx106-elf-
xtensa_CFLAGS := -mno-force-l32
