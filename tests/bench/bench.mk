# Measuring: how fast and how small this project is, and others are.
.PHONY: bench baseline
bench: build/venv/.bench stage-unix ## measure: all, or PART="memory echo codec message pictures page"; QUICK=1 SERVERS= SIZES= MACHINES=
	@PYTHONPATH=tests:ports $(VENV_PYTHON) tests/bench $(PART) $(if $(QUICK),--quick) \
		$(if $(SERVERS),--servers '$(SERVERS)') $(if $(SIZES),--sizes '$(SIZES)') \
		$(if $(MACHINES),--machines '$(MACHINES)')

baseline: build/venv/.ready stage-unix emulator-RP2040 build/bin/micropython-xtensawin build/bin/qemu-xtensa-counting ## take the exact figures anew that make test compares
	@for arch in armv6m xtensawin; do $(MAKE) natmod ARCH=$$arch || exit; done
	@PYTHONPATH=tests:ports $(VENV_PYTHON) tests/bench/figures.py

build/venv/.bench: build/venv/.ready
	@echo 'venv: the packages to measure with, and to measure against'
	@$(PYTHON) ports/venv.py build/venv -e '.[bench]'
	@touch $@

# Instructions are counted by Valgrind, for this machine, and by a plugin of QEMU.
build/bin/valgrind: tests/bench/valgrind.sh
	@$(call debian_tools,valgrind,valgrind valgrind)
	@mkdir -p $(@D) && install -m 755 tests/bench/valgrind.sh $@

build/bin/count.so: tests/bench/count.c
	@$(need_gcc)
	@mkdir -p $(@D) && gcc -O2 -shared -fPIC -Wall -Wextra -Wno-unused-parameter -Werror -o $@ $<

# Debian 13's QEMU has no plugins, and from version 9 on they have another interface: then Debian 12's.
build/bin/qemu-xtensa-counting: build/bin/qemu-xtensa build/bin/count.so
build/bin/qemu-xtensa-counting: build/bin/qemu-xtensa build/bin/count.so
	@if $< --help | grep -q -e -plugin && $< --version | grep -q 'version [5-8][.]'; then \
		printf '#!/bin/sh\nexec "%s" "$$@"\n' '$(abspath $<)' > $@; else \
		$(PYTHON) ports/debian.py --suite bookworm --complete --into $(TOOLS)/qemu-bookworm \
			--hint 'put QEMU 5 to 8 with plugins on PATH' qemu-user || exit; \
		printf '#!/bin/sh\nLD_LIBRARY_PATH=%s/usr/lib/x86_64-linux-gnu exec %s/usr/bin/qemu-xtensa "$$@"\n' \
			'$(abspath $(TOOLS))/qemu-bookworm' '$(abspath $(TOOLS))/qemu-bookworm' > $@; fi
	@chmod 755 $@
