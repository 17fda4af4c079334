# MicroPython itself: the source that natmods are built against, and interpreters for this machine.
# Debian's, or the user's own MPY_DIR and MICROPYTHON.
DEBIAN_SUITE := trixie
DEBIAN_MPY_DIR := build/micropython
ABI := 6.3

INSTALL_PYTHON = install Python 3.9 or newer (Debian: apt-get install python3), or pass PYTHON=

ifeq ($(MPY_DIR),)
override MPY_DIR := $(DEBIAN_MPY_DIR)
endif

$(MPY_DIR)/py/dynruntime.mk:
ifeq ($(MPY_DIR),$(DEBIAN_MPY_DIR))
	@$(call need,$(PYTHON),$(INSTALL_PYTHON))
	@$(PYTHON) ports/debian.py --suite $(DEBIAN_SUITE) --source --into $(MPY_DIR) \
		--hint 'pass MPY_DIR=, a MicroPython source tree' micropython
else
	@echo 'make: MPY_DIR=$(MPY_DIR) is no MicroPython source tree (it has no py/dynruntime.mk)' >&2; exit 1
endif

# $(call warn_abi,WHOSE,COMMAND that prints an ABI)
warn_abi = abi=$$($(2)); [ "$$abi" = $(ABI) ] || echo "make: warning: $(1) has the .mpy ABI $$abi, not $(ABI):" \
	"natmods need MicroPython 1.24 to 1.29" >&2
source_abi = sed -n 's/^\#define MPY_\(SUB_\)*VERSION //p' '$(MPY_DIR)/py/persistentcode.h' | paste -sd.
own_abi = "$$own" -c 'import sys; m = sys.implementation._mpy; print("%d.%d" % (m & 255, m >> 8 & 3))'

# Debian's interpreters with the libraries of their release, each in a private root: that of
# natmods' MicroPython, and the newest there is. Those of 32 bits are the newest too.
INTERPRETER := build/bin/micropython
UNIX_PACKAGES := micropython libc6 libffi8 libgcc-s1 libmbedcrypto16 libmbedtls21 libmbedx509-7
debian_interpreter = $(call need,$(PYTHON),$(INSTALL_PYTHON)); mkdir -p build/bin; \
	$(PYTHON) ports/debian.py --suite $(1) --arch $(2) --into build/debian/$(notdir $@) \
		--hint 'pass MICROPYTHON=, a MicroPython interpreter' $(UNIX_PACKAGES) \
	&& install -m 755 ports/unix/micropython.sh $@

# Looked at each time, since MICROPYTHON= may come and go.
.PHONY: $(INTERPRETER) $(INTERPRETER)-firmware
$(INTERPRETER):
ifeq ($(MICROPYTHON),)
	@$(call debian_interpreter,$(DEBIAN_SUITE),amd64)
else
	@$(call need,$(MICROPYTHON),MICROPYTHON= must name a MicroPython interpreter)
	@mkdir -p build/bin
	@own=$$(realpath "$$(command -v '$(MICROPYTHON)')"); [ "$$own" = '$(abspath $@)' ] \
		|| { $(call warn_abi,MICROPYTHON=$(MICROPYTHON),$(own_abi)); \
		printf '#!/bin/sh\nexec "%s" "$$@"\n' "$$own" > $@ && chmod 755 $@; }
endif

# For the tests: a firmware with the codec in it; the newest release; and 32 bits as boards have them.
$(INTERPRETER)-firmware: build/venv/.ready $(MPY_DIR)/py/dynruntime.mk
	@$(need_gcc)
	@$(MAKE) -s -j2 -f ports/unix/firmware.mk MPY_DIR='$(abspath $(MPY_DIR))' OUT='$(CURDIR)/build/firmware' \
		PYTHON='$(CURDIR)/$(VENV_PYTHON)' MPY_CROSS="$(MPY_CROSS)" \
		MICRODOT="$$($(VENV_PYTHON) -c 'import microdot; print(microdot.__path__[0])')"
	@mkdir -p $(@D) && ln -sf ../firmware/micropython $@

# For the bench: 32 bits with native code on the GC's heap, as the RP2040 and the STM32 have it.
.PHONY: $(INTERPRETER)-armhf-gcheap
$(INTERPRETER)-armhf-gcheap: build/venv/.ready $(MPY_DIR)/py/dynruntime.mk build/bin/qemu-arm
	@$(call debian_tools,arm-linux-gnueabihf-gcc,armhf gcc-arm-linux-gnueabihf libc6-dev-armhf-cross)
	@$(call need_gcc,arm-linux-gnueabihf-)
	@$(MAKE) -s -j2 -C ports/unix/gcheap MPY_DIR='$(abspath $(MPY_DIR))' OUT='$(CURDIR)/build/gcheap' \
		PYTHON='$(CURDIR)/$(VENV_PYTHON)' MPY_CROSS="$(MPY_CROSS)"
	@install -m 755 ports/unix/gcheap/micropython.sh $@

DEBIAN_NEWEST := forky
, := ,
$(INTERPRETER)-amd64: $(INTERPRETER)-%: ports/unix/micropython.sh
	@$(call debian_interpreter,$(DEBIAN_NEWEST),$*)
$(INTERPRETER)-i386: $(INTERPRETER)-%: ports/unix/micropython.sh
	@$(call debian_interpreter,$(DEBIAN_NEWEST)$(,)$(DEBIAN_SUITE),$*)
$(INTERPRETER)-armhf: $(INTERPRETER)-%: ports/unix/micropython.sh build/bin/qemu-arm
	@$(call debian_interpreter,$(DEBIAN_NEWEST)$(,)$(DEBIAN_SUITE),$*)
