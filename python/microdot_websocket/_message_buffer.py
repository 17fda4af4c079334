"""Where a binary message is gathered, so that it need not be copied once it is whole.

A MicroPython ``bytes`` object of the final size is filled in place through uctypes. Its stored
hash, computed when it was made, must go: 0 stands for "not computed" (py/objstr.c and
``mp_obj_str_t`` in py/objstr.h: type, hash, length and data, a machine word each). Whether
objects look like that on this firmware is checked at import; where they do not, and on CPython,
the message is copied.
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

        def _address(obj):
            # id() is the address, but a 32-bit one from 0x40000000 to 0x7fffffff has lost its top
            # bits to the sign of a small int (mp_obj_id in py/obj.c).
            address = id(obj)
            return address if address >= 0 else address & sys.maxsize

        def _in_place(size):
            if size < 64:  # cheaper copied, and b'' is a constant of the firmware
                return _copied(size)
            whole = bytes(size)
            bytearray_at(_address(whole) + _WORD, _WORD)[:] = _NO_HASH
            return whole, bytearray_at(addressof(whole), size)

        def _word(address):
            return int.from_bytes(bytearray_at(address, _WORD), sys.byteorder)

        def _looks_right():
            # Nothing is written, or read far from the heap, before it is known to be the object.
            whole = bytes(64)
            data = addressof(whole)
            address = _address(whole)
            return (
                address >> 28 == data >> 28
                and _word(address + 2 * _WORD) == len(whole)
                and _word(address + 3 * _WORD) == data
            )

        def _works():
            whole, buffer = _in_place(64)
            same = b'x' * 64
            buffer[:] = same
            return whole == same and hash(whole) == hash(same)

        if _looks_right() and _works():
            new_message = _in_place
        del _word, _looks_right, _works
    except (ImportError, AttributeError):
        pass  # a firmware without uctypes
