# Fuzzing: what the fuzzers are is in tests/fuzz/one.py.
.PHONY: fuzz
fuzz: build/venv/.ready stage-unix $(INTERPRETER) build/bin/micropython-firmware build/bin/clang ## run the fuzzers: SECONDS=60 for all, FUZZERS="codec protocol", SEED=
	@PYTHONPATH=tests $(VENV_PYTHON) -m fuzz '$(or $(SECONDS),60)' '$(SEED)' $(FUZZERS)

# A clang that has libFuzzer, which is C++: the library of that is the machine's, without its headers.
LIBFUZZER := -fsanitize=fuzzer -nostdlib++ -l:libstdc++.so.6
build/bin/clang: tests/fuzz/clang.sh
	@$(need_gcc)
	@$(call debian_tools,clang,clang clang libclang-rt-dev)
	@mkdir -p $(@D) && install -m 755 $< $@
	@echo 'int LLVMFuzzerTestOneInput(void) { return 0; }' | $@ -x c - $(LIBFUZZER) -o /dev/null \
		|| { echo 'make: clang has no libFuzzer: install its compiler-rt (Debian: apt-get install libclang-rt-dev)' >&2; exit 1; }
