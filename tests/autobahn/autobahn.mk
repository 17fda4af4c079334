# Autobahn|Testsuite's client, build/bin/wstest, needs Python 2.7: in Docker where that works, else
# Debian's last one, unpacked without root, with packages from PyPI.
AUTOBAHN_SUITE := bullseye
AUTOBAHN_PYTHON := python2.7-minimal libpython2.7-minimal libpython2.7-stdlib libpython2.7-dev libffi7 \
	libssl1.1 python-pip-whl python-pkg-resources python-setuptools

.PHONY: autobahn wstest
wstest:
	@mkdir -p build/bin build/autobahn
	@install -m 755 tests/autobahn/docker.sh build/bin/$@
	@docker info >/dev/null 2>&1 && build/bin/$@ --autobahnversion || { $(MAKE) build/tools/autobahn/.ready \
		&& install -m 755 tests/autobahn/python2.7.sh build/bin/$@; }

build/bin/python2.7: tests/autobahn/python2.7.sh tests/autobahn/autobahn.mk
	@$(call need,$(PYTHON),$(INSTALL_PYTHON))
	@$(PYTHON) tools/debian.py --suite $(AUTOBAHN_SUITE) --arch amd64 --into build/debian/$(@F) \
		--hint 'install Docker, which runs Autobahn|Testsuite too' $(AUTOBAHN_PYTHON)
	@mkdir -p $(@D) && install -m 755 $< $@

# pip runs from its wheel, which is a zip file. gcc is for the packages that are partly in C.
build/tools/autobahn/.ready: tests/autobahn/requirements.txt build/bin/python2.7
	@$(need_gcc)
	@rm -rf $(@D)
	@build/bin/python2.7 $$(echo build/debian/python2.7/usr/share/python-wheels/pip-*.whl)/pip install --user \
		-qq --no-python-version-warning -r $< || { echo 'make: $< was not installed' >&2; exit 1; }
	@touch $@
