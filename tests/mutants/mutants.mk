# Mutation testing: what is changed, and what then has to fail, is in tests/mutants/__main__.py.
.PHONY: mutants mutants-c
mutants: build/venv/.mutants ## change the package, line by line, and see whether a test fails: SAMPLE=200 SEED= FILES="upgrade.py"
	@PYTHONPATH=tests $(VENV_PYTHON) -m mutants python '$(SAMPLE)' '$(SEED)' $(FILES)

mutants-c: build/venv/.mutants ## the same with the C: FILES="ws_core.c"
	@$(need_gcc)
	@PYTHONPATH=tests $(VENV_PYTHON) -m mutants c '$(SAMPLE)' '$(SEED)' $(FILES)

build/venv/.mutants: build/venv/.ready
	@echo 'venv: the package that makes mutants'
	@$(call pip_install,-e '.[mutants]')
	@touch $@
