# MicroPython on this machine: what the demo and the tests run on.
ARCH := x64
CROSS :=
INTERPRETER := build/bin/micropython

# Debian's own interpreter with the libraries of its release, in a private root; or MICROPYTHON=.
UNIX_ROOT := build/debian/$(DEBIAN_SUITE)-amd64
UNIX_PACKAGES := micropython libc6 libffi8 libmbedcrypto16 libmbedtls21 libmbedx509-7

# Looked at each time, since MICROPYTHON= may come and go.
.PHONY: $(INTERPRETER)
$(INTERPRETER):
	@mkdir -p build/bin
ifeq ($(MICROPYTHON),)
	@$(call need,$(PYTHON),$(INSTALL_PYTHON))
	@$(PYTHON) ports/debian.py --suite $(DEBIAN_SUITE) --arch amd64 --into $(UNIX_ROOT) \
		--hint 'pass MICROPYTHON=, a MicroPython interpreter' $(UNIX_PACKAGES)
	@install -m 755 ports/unix/micropython.sh $@
else
	@$(call need,$(MICROPYTHON),MICROPYTHON= must name a MicroPython interpreter)
	@own=$$(realpath "$$(command -v '$(MICROPYTHON)')"); [ "$$own" = '$(abspath $@)' ] \
		|| { printf '#!/bin/sh\nexec "%s" "$$@"\n' "$$own" > $@ && chmod 755 $@; }
endif
