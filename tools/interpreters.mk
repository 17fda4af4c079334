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
	@$(PYTHON) tools/debian.py --suite $(DEBIAN_SUITE) --source --into $(MPY_DIR) \
		--hint 'pass MPY_DIR=, a MicroPython source tree' micropython
else
	@echo 'make: MPY_DIR=$(MPY_DIR) is no MicroPython source tree (it has no py/dynruntime.mk)' >&2; exit 1
endif

# $(call warn_abi,WHOSE,COMMAND that prints an ABI)
warn_abi = abi=$$($(2)); [ "$$abi" = $(ABI) ] || echo "make: warning: $(1) has the .mpy ABI $$abi, not $(ABI):" \
	"natmods need MicroPython 1.24 to 1.29" >&2
source_abi = sed -n 's/^\#define MPY_\(SUB_\)*VERSION //p' '$(MPY_DIR)/py/persistentcode.h' | paste -sd.
own_abi = "$$own" -c 'import sys; m = sys.implementation._mpy; print("%d.%d" % (m & 255, m >> 8 & 3))'

# Debian's interpreters with the libraries of their release, each in a private root. This one is of
# the MicroPython that natmods are built against.
INTERPRETER := build/bin/micropython
OWN_ARCH = $(if $(filter aarch64 arm64,$(shell uname -m)),arm64,amd64)
UNIX_PACKAGES := micropython libc6 libffi8 libgcc-s1 libmbedcrypto16 libmbedtls21 libmbedx509-7
debian_interpreter = $(call need,$(PYTHON),$(INSTALL_PYTHON)); mkdir -p build/bin; \
	$(PYTHON) tools/debian.py --suite $(1) --arch $(2) --into build/debian/$(notdir $@) \
		--hint 'pass MICROPYTHON=, a MicroPython interpreter' $(UNIX_PACKAGES) \
	&& install -m 755 tools/micropython.sh $@

# Looked at each time, since MICROPYTHON= may come and go.
.PHONY: $(INTERPRETER)
$(INTERPRETER):
ifeq ($(MICROPYTHON),)
	@$(call debian_interpreter,$(DEBIAN_SUITE),$(OWN_ARCH))
else
	@$(call need,$(MICROPYTHON),MICROPYTHON= must name a MicroPython interpreter)
	@mkdir -p build/bin
	@own=$$(realpath "$$(command -v '$(MICROPYTHON)')"); [ "$$own" = '$(abspath $@)' ] \
		|| { $(call warn_abi,MICROPYTHON=$(MICROPYTHON),$(own_abi)); \
		printf '#!/bin/sh\nexec "%s" "$$@"\n' "$$own" > $@ && chmod 755 $@; }
endif
