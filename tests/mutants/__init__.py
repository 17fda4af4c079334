"""Small changes to the code, one at a time, to see whether a test fails: see __main__.py."""
