# The compiler for ARCH: the user's own where it is on PATH, else Debian's, unpacked without root
# in build/tools/.
TOOLS := build/tools
TOOL_ROOTS := $(addprefix $(abspath $(TOOLS))/,arm armhf riscv xtensa)
export PATH := $(PATH)$(subst $() $(),,$(TOOL_ROOTS:%=:%/usr/bin)):$(abspath build/venv/bin)

INSTALL_GCC = install a C compiler (Debian: apt-get install gcc)

ifneq ($(filter armv%,$(ARCH)),)
CROSS := arm-none-eabi-
TOOLCHAIN := arm gcc-arm-none-eabi libnewlib-arm-none-eabi libnewlib-dev
else ifeq ($(ARCH),rv32imc)
CROSS := $(rv32imc_CROSS)
TOOLCHAIN := riscv gcc-riscv64-unknown-elf libnewlib-dev
else ifneq ($(filter xtensa xtensawin,$(ARCH)),)
CROSS := $($(ARCH)_CROSS)
NATMOD_CFLAGS := $($(ARCH)_CFLAGS)
TOOLCHAIN := xtensa gcc-xtensa-lx106 libnewlib-dev
else ifneq ($(filter x86 x64,$(ARCH)),)
CROSS :=
ifeq ($(ARCH),x86)
# The machine's own compiler, which mostly has no headers for 32 bits. MicroPython 1.29 leaves it to us to
# ask for them.
NATMOD_CFLAGS := -m32 -isystem $(abspath $(TOOLS))/x86/usr/include/newlib
endif
else
$(error there is no architecture '$(ARCH)'; ARCH= is one of: $(ARCHS))
endif

# $(call debian_tools,COMMAND,FOLDER PACKAGE...): COMMAND is on PATH, or comes from this machine's own
# release of Debian.
SUITE := $(or $(shell . /etc/os-release 2>/dev/null; echo $$VERSION_CODENAME),none)
debian_tools = command -v $(1) >/dev/null || { $(call need,$(PYTHON),$(INSTALL_PYTHON)); \
	$(PYTHON) tools/debian.py --suite $(SUITE) --complete --into $(TOOLS)/$(firstword $(2)) \
	--hint 'install $(1), so that it is on PATH' $(wordlist 2,9,$(2)); }

need_gcc = $(call need,$(1)gcc,$(INSTALL_GCC)); echo '\#include <assert.h>' | $(1)gcc -E - >/dev/null 2>&1 \
	|| { echo "make: $(1)gcc finds no C headers: install them (Debian: apt-get install libc6-dev)" >&2; exit 1; }

# Where a compiler of an unpacked package looks for newlib, and where Debian has it.
link = [ -e $(1) ] || ln -sT $(2) $(1) 2>/dev/null || true

.PHONY: toolchain
toolchain:
ifneq ($(CROSS),)
	@$(call debian_tools,$(CROSS)gcc,$(TOOLCHAIN))
	@cd $(TOOLS)/$(firstword $(TOOLCHAIN))/usr/lib/$(CROSS:-=) 2>/dev/null || exit 0; \
		$(call link,include,../../include/newlib); $(call link,lib,newlib)
else
	@$(need_gcc)
ifeq ($(ARCH),x86)
	@$(call debian_tools,none,x86 libnewlib-dev)
endif
endif
