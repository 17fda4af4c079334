# A MicroPython for this machine that has the codec as a user C module and all the Python frozen:
#     make -f ports/unix/firmware.mk MPY_DIR=path/to/micropython MICRODOT=path/to/microdot OUT=folder
# makes OUT/micropython. It is MicroPython's unix port without what needs other libraries.
HERE := $(abspath $(dir $(lastword $(MAKEFILE_LIST))))
PROJECT := $(abspath $(HERE)/../..)
PYTHON ?= python3
MPY_CROSS ?= mpy-cross

ifeq ($(MPY_DIR),)
$(error MPY_DIR is not set: pass MPY_DIR=path/to/micropython, a MicroPython source tree)
endif
ifeq ($(MICRODOT),)
$(error MICRODOT is not set: pass MICRODOT=path/to/microdot, the folder of Microdot's package)
endif
ifeq ($(OUT),)
$(error OUT is not set: pass OUT=folder)
endif
override MPY_DIR := $(abspath $(MPY_DIR))
override MICRODOT := $(abspath $(MICRODOT))
override OUT := $(abspath $(OUT))

# The version is MicroPython's, not that of a repository around its source tree.
export GIT_CEILING_DIRECTORIES := $(abspath $(MPY_DIR)/..)

# As users write their own. The second line freezes SHA-1, which needs a library for TLS otherwise.
define MANIFEST
include("$(PROJECT)/python/manifest.py", microdot="$(MICRODOT)")
include("$(PROJECT)/ports/qemu/manifest.py")
# for $(MPY_DIR)
endef
export MANIFEST

.PHONY: all
all:
	@mkdir -p $(OUT)
	@# What was made of another source tree must go; MicroPython's makefile does not look at that.
	@echo "$$MANIFEST" | cmp -s - $(OUT)/manifest.py || rm -rf $(OUT)/obj
	@echo "$$MANIFEST" > $(OUT)/manifest.py
	@# Nor does it look at manifests.
	@[ ! $(PROJECT)/python/manifest.py -nt $(OUT)/obj/frozen_content.c ] || rm -f $(OUT)/obj/frozen_content.c
	@# MPY_LIB_DIR must hold a README.md; nothing of micropython-lib is frozen.
	@$(MAKE) -s -C $(MPY_DIR)/ports/unix BUILD=$(OUT)/obj \
		MICROPY_PY_FFI=0 MICROPY_PY_SSL=0 MICROPY_PY_BTREE=0 CFLAGS_EXTRA=-DMICROPY_PY_DEFLATE_COMPRESS=1 \
		USER_C_MODULES=$(PROJECT) FROZEN_MANIFEST=$(OUT)/manifest.py MPY_LIB_DIR=$(MPY_DIR) \
		PYTHON='$(PYTHON)' MICROPY_MPYCROSS='$(MPY_CROSS)' >$(OUT)/make.log 2>&1 \
		|| { tail -n 20 $(OUT)/make.log >&2; exit 1; }
	@cp -u $(OUT)/obj/micropython $(OUT)
