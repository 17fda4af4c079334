# What the build runs in Python, with the packages that pyproject.toml names: build/venv.
VENV_PYTHON := build/venv/bin/python
INSTALL_VENV = install the venv module of $(PYTHON) (Debian: apt-get install python3-venv)

build/venv/.ready: pyproject.toml
	@$(call need,$(PYTHON),$(INSTALL_PYTHON))
	@echo 'venv: build/venv, with the packages that pyproject.toml names'
	@$(make_venv)
	@$(call pip_install,-e '.[dev]')
	@touch $@

PYTHON_H = $$($(VENV_PYTHON) -c 'import sysconfig; print(sysconfig.get_path("include"))')
need_python_h = test -f "$(PYTHON_H)/Python.h" || { echo "make: Python.h is missing: install the headers of $(PYTHON) (Debian: apt-get install python3-dev)" >&2; exit 1; }
# The tests that run it have this folder on their path. Only setup.py knows how it is built.
EXT_SOURCES := $(wildcard natmod/cpython_* natmod/ws_*.c natmod/ws_*.h)
.PHONY: ext
ext: build/cpython/.ready ## the extension for CPython: build/cpython/
build/cpython/.ready: build/venv/.ready setup.py $(EXT_SOURCES)
	@$(need_gcc)
	@$(need_python_h)
	@rm -rf $(@D) && mkdir -p $(@D)
	@$(VENV_PYTHON) setup.py --quiet build_ext --build-lib $(@D) --build-temp $(@D)/obj >$(@D)/make.log 2>&1 \
		&& ls $(@D)/_wscodec*.so >/dev/null || { tail -n 20 $(@D)/make.log >&2; exit 1; }
	@touch $@

build/venv/.bench: build/venv/.ready
	@echo 'venv: the packages to measure with, and to measure against'
	@$(call pip_install,-e '.[bench]')
	@touch $@

build/venv/.servers: build/venv/.ready
	@echo 'venv: servers for ASGI and WSGI'
	@$(call pip_install,-e '.[servers]')
	@touch $@

build/venv/.release: build/venv/.ready
	@echo 'venv: the packages that look at a wheel'
	@$(call pip_install,-e '.[release]')
	@touch $@

build/venv/.docs: build/venv/.ready
	@echo 'venv: the packages that build the documentation site'
	@$(call pip_install,-e '.[docs]')
	@touch $@

# The extension is in build/cpython, for those that are to run it: `make ext`.
pip_install = MICRODOT_WEBSOCKET_PURE=1 $(VENV_PYTHON) -m pip install --quiet --quiet --no-input --disable-pip-version-check $(1)

# Anew each time: what is in a venv belongs to the Python and to the folder that it was made with.
make_venv = if $(PYTHON) -c 'import ensurepip' 2>/dev/null; then $(PYTHON) -m venv --clear build/venv; else $(bare_venv); fi

# Debian's python3 has no ensurepip without python3-venv, which only root can install: pip then comes
# from a package as compilers do. It is a wheel, a zip file that pip runs and installs itself from.
PIP_WHEEL = $$(echo build/debian/pip/usr/share/python-wheels/pip-*.whl)
bare_venv = $(PYTHON) tools/debian.py --suite $(SUITE) --into build/debian/pip --hint '$(INSTALL_VENV)' python3-pip-whl \
	&& $(PYTHON) -m venv --clear --without-pip build/venv \
	&& $(VENV_PYTHON) $(PIP_WHEEL)/pip --isolated install --quiet --no-index --no-deps $(PIP_WHEEL)
