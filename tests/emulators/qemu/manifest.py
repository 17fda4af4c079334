module('hashlib.py')  # noqa: F821
