# A "user C module", which is how something is added to a port's makefile.

# --wrap puts our function in the place of the port's, whether its version has that one or not.
WRAPPED := mp_hal_stdio_poll uart_init uart_rx_chr uart_tx_strn exit \
	mp_hal_ticks_ms mp_hal_ticks_us mp_hal_ticks_cpu mp_hal_delay_ms mp_hal_delay_us

SRC_USERMOD_C += $(USERMOD_DIR)/hal.c
CFLAGS_USERMOD += -I$(USERMOD_DIR) -DMP_CONFIGFILE='<$(USERMOD_DIR)/mpconfig.h>'
LDFLAGS_USERMOD += $(WRAPPED:%=-Wl,--wrap=%)
QSTR_GLOBAL_DEPENDENCIES += $(USERMOD_DIR)/mpconfig.h

ifeq ($(QEMU_ARCH),riscv32)
# GCC 12 has no libgcc for "rv32imac_zicsr"; in this version of the ISA, rv32imac holds Zicsr.
RV32_ARCH := rv32imac
AFLAGS += -misa-spec=2.2
# As on Arm: all that is needed of a C library is its headers.
LDFLAGS_USERMOD += -nostdlib
LIBS = $(shell $(CC) $(CFLAGS) -print-libgcc-file-name)
endif
