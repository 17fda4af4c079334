"""Proof that a call takes no memory from MicroPython's heap."""

from micropython import heap_lock, heap_unlock


def assert_allocates_nothing(call, a, b, c, d, *e):
    """Raise MemoryError if the call, of four or five arguments, allocates."""
    # Not `call(*args)`: that would itself need the heap.
    if e:
        e = e[0]
        heap_lock()
        try:
            call(a, b, c, d, e)
        finally:
            heap_unlock()
    else:
        heap_lock()
        try:
            call(a, b, c, d)
        finally:
            heap_unlock()
