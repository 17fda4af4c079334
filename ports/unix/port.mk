# MicroPython on this machine: what the demo and the tests run on.
ARCH := x64
CROSS :=
INTERPRETER := build/bin/micropython
INTERPRETER_32 := build/bin/micropython-i386

# Debian's own interpreters with the libraries of their release, each in a private root.
UNIX_PACKAGES := micropython libc6 libffi8 libmbedcrypto16 libmbedtls21 libmbedx509-7
debian_interpreter = $(call need,$(PYTHON),$(INSTALL_PYTHON)); mkdir -p build/bin; \
	$(PYTHON) ports/debian.py --suite $(DEBIAN_SUITE) --arch $(1) --into build/debian/$(DEBIAN_SUITE)-$(1) \
		--hint 'pass MICROPYTHON=, a MicroPython interpreter' $(UNIX_PACKAGES) $(2) \
	&& install -m 755 ports/unix/micropython.sh $@

# Looked at each time, since MICROPYTHON= may come and go.
.PHONY: $(INTERPRETER) $(INTERPRETER_32)
$(INTERPRETER):
ifeq ($(MICROPYTHON),)
	@$(call debian_interpreter,amd64)
else
	@$(call need,$(MICROPYTHON),MICROPYTHON= must name a MicroPython interpreter)
	@mkdir -p build/bin
	@own=$$(realpath "$$(command -v '$(MICROPYTHON)')"); [ "$$own" = '$(abspath $@)' ] \
		|| { printf '#!/bin/sh\nexec "%s" "$$@"\n' "$$own" > $@ && chmod 755 $@; }
endif

# For the tests: 32 bits, as boards have them.
$(INTERPRETER_32):
	@$(call debian_interpreter,i386,libgcc-s1)
