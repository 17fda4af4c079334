# MicroPython on this machine: what the demo and the tests run on.
ARCH := x64
CROSS :=
INTERPRETER := build/bin/micropython

# Debian's own interpreter with the libraries of its release, in a private root; or MICROPYTHON=.
UNIX_ROOT := build/debian/$(DEBIAN_SUITE)-amd64
UNIX_PACKAGES := micropython libc6 libffi8 libmbedcrypto16 libmbedtls21 libmbedx509-7

build/bin/micropython: ports/unix/micropython.sh $(if $(MICROPYTHON),FORCE)
	@mkdir -p build/bin
ifeq ($(MICROPYTHON),)
	@$(PYTHON) ports/debian.py --suite $(DEBIAN_SUITE) --arch amd64 --into $(UNIX_ROOT) \
		--hint 'pass MICROPYTHON=, a MicroPython interpreter' $(UNIX_PACKAGES)
	@install -m 755 ports/unix/micropython.sh $@
else
	@$(call need,$(MICROPYTHON),MICROPYTHON= must name a MicroPython interpreter)
	@printf '#!/bin/sh\nexec "%s" "$$@"\n' "$$(realpath "$$(command -v '$(MICROPYTHON)')")" > $@ && chmod 755 $@
endif

.PHONY: FORCE
FORCE:
