# The MicroPython that natmods are built against: Debian's source package, or the user's MPY_DIR.
DEBIAN_SUITE := trixie
DEBIAN_MPY_DIR := build/micropython

INSTALL_GCC = install a C compiler (Debian: apt-get install gcc)
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
