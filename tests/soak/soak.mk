.PHONY: soak
soak: build/venv/.ready stage-unix $(INTERPRETER) $(INTERPRETER)-armhf ## 100 connections at once, faults and all: SECONDS=60
	@$(MAKE) natmod ARCH=armv6m
	@$(VENV_PYTHON) tests/soak/soak.py --seconds $(or $(SECONDS),60)
