# Measuring: how fast and how small this project is, and others are.
.PHONY: bench baseline
bench: build/venv/.bench stage-unix ## measure: PART="memory echo cpython codec compression message profile stages pictures page" or all; QUICK=1 SERVERS= SIZES= MACHINES=
	@PYTHONPATH=tests:ports $(VENV_PYTHON) tests/bench $(PART) $(if $(QUICK),--quick) \
		$(if $(SERVERS),--servers '$(SERVERS)') $(if $(SIZES),--sizes '$(SIZES)') \
		$(if $(MACHINES),--machines '$(MACHINES)')

COUNTERS := emulator-RP2040 build/bin/micropython-xtensawin build/bin/qemu-xtensa-counting
baseline: build/venv/.ready stage-unix $(COUNTERS) ## the exact figures that make test compares with, taken anew
	@for arch in armv6m xtensawin; do $(MAKE) natmod bench-natmod ARCH=$$arch || exit; done
	@PYTHONPATH=tests:ports $(VENV_PYTHON) tests/bench/figures.py

# ws_core's functions, and a stream's, for Python to call: built by natmod's own makefile, with its flags.
.PHONY: bench-natmod
bench-natmod: build/venv/.ready $(MPY_DIR)/py/dynruntime.mk toolchain
	@$(MAKE) -s -C natmod NAMES=_wsbench _wsbench_SRC='mod_wsbench.c ws_core.c' VPATH='$(abspath natmod tests/bench/natmod)' \
		ARCH=$(ARCH) CROSS='$(CROSS)' CFLAGS_EXTRA='$(NATMOD_CFLAGS) -I$(abspath natmod)' MPY_DIR='$(abspath $(MPY_DIR))' \
		OUT='$(CURDIR)/build/bench/natmod/$(ARCH)' PYTHON='$(CURDIR)/$(VENV_PYTHON)' MPY_CROSS="$(MPY_CROSS)"

# Instructions are counted by Valgrind, for this machine, and by a plugin of QEMU.
build/bin/valgrind: tests/bench/valgrind.sh
	@$(call debian_tools,valgrind,valgrind valgrind)
	@mkdir -p $(@D) && install -m 755 $< $@

build/bin/count.so: tests/bench/count.c
	@$(need_gcc)
	@mkdir -p $(@D) && gcc -O2 -shared -fPIC -Wall -Wextra -Wno-unused-parameter -Werror -o $@ $<

# Debian 13's QEMU loads no plugins, and versions from 9 on none for this interface. Debian 12's does,
# with the libraries of its release.
COUNTING_QEMU := qemu-user libc6 libcapstone4 libffi8 libgcc-s1 libglib2.0-0 libgmp10 libgnutls30 libhogweed6 \
	libidn2-0 libnettle8 libnuma1 libp11-kit0 libpcre2-8-0 libtasn1-6 libunistring2 liburing2
build/bin/qemu-xtensa-counting: tests/bench/qemu.sh build/bin/qemu-xtensa build/bin/count.so
	@build/bin/qemu-xtensa -plugin help --version 2>&1 | grep -q 'version [5-8][.]' \
		|| $(PYTHON) tools/debian.py --suite bookworm --arch amd64 --into build/debian/qemu-counting \
			--hint 'put a QEMU 5 to 8 on PATH that loads plugins' $(COUNTING_QEMU)
	@install -m 755 $< $@
