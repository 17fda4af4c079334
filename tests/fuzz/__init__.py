"""The fuzzers: `make fuzz` runs __main__.py, and one.py says which there are."""
