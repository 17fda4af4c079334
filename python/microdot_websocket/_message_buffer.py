"""Where a binary message is gathered, so that it need not be copied once it is whole.

A MicroPython ``bytes`` object of the final size is filled in place through uctypes. Its stored
hash, computed when it was made, must go: 0 stands for "not computed" (py/objstr.c,
``mp_obj_str_t``: base, hash, len, data, a machine word each). Whether that holds on this
firmware is tried at import; where it does not, and on CPython, the message is copied.
"""

import sys


def new_message(size):
    """Room for a binary message of ``size`` bytes: ``(whole, buffer)``.

    ``buffer`` is a bytearray to fill; ``whole`` the bytes object that it shows, or None if the
    message has to be copied out of ``buffer``.
    """
    return None, bytearray(size)


if sys.implementation.name == 'micropython':
    _copied = new_message
    try:
        from uctypes import addressof, bytearray_at

        _WORD = 8 if sys.maxsize >> 32 else 4
        _NO_HASH = bytes(_WORD)

        def _in_place(size):
            if size < 64:  # cheaper copied, and b'' is a constant of the firmware
                return _copied(size)
            whole = bytes(size)
            bytearray_at(id(whole) + _WORD, _WORD)[:] = _NO_HASH
            return whole, bytearray_at(addressof(whole), size)

        def _works():
            whole, buffer = _in_place(64)
            same = b'x' * 64
            buffer[:] = same
            return whole == same and hash(whole) == hash(same)

        if _works():
            new_message = _in_place
    except (ImportError, AttributeError):
        pass  # a firmware without uctypes
