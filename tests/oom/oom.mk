# A MicroPython whose allocations fail on demand: tests/oom.
OOM_OUT := build/oom
OOM_CFLAGS := -DMICROPY_PY_DEFLATE_COMPRESS=1 -fno-inline -fno-optimize-sibling-calls -fasynchronous-unwind-tables

.PHONY: $(INTERPRETER)-oom
$(INTERPRETER)-oom: build/venv/.ready $(MPY_DIR)/py/dynruntime.mk
	@$(need_gcc)
	@mkdir -p $(OOM_OUT) $(@D)
	@printf 'include("$$(MPY_DIR)/extmod/asyncio")\nmodule("hashlib.py", base_path="%s")\n' \
		'$(CURDIR)/tests/oom/module' > $(OOM_OUT)/manifest.py
	@GIT_CEILING_DIRECTORIES='$(abspath $(MPY_DIR)/..)' $(MAKE) -s -C '$(MPY_DIR)/ports/unix' \
		BUILD='$(CURDIR)/$(OOM_OUT)/obj' MICROPY_PY_FFI=0 MICROPY_PY_SSL=0 MICROPY_PY_BTREE=0 STRIP= \
		CFLAGS_EXTRA='$(OOM_CFLAGS)' USER_C_MODULES='$(CURDIR)/tests/oom' \
		FROZEN_MANIFEST='$(CURDIR)/$(OOM_OUT)/manifest.py' MPY_LIB_DIR='$(abspath $(MPY_DIR))' \
		PYTHON='$(CURDIR)/$(VENV_PYTHON)' MICROPY_MPYCROSS="$(MPY_CROSS)" >$(OOM_OUT)/make.log 2>&1 \
		|| { tail -n 20 $(OOM_OUT)/make.log >&2; exit 1; }
	@ln -sf ../oom/obj/micropython $@
