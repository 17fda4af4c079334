"""What the machine that runs the tests has room and time for.

A board has a hundredth of the memory that other machines have, and little of their speed. There the
tests take smaller messages, and fewer of the combinations that they try elsewhere.
"""

import sys

SMALL = False
if sys.implementation.name == 'micropython':
    import gc

    SMALL = gc.mem_alloc() + gc.mem_free() < 2000000  # the full sizes need 1.5 MB

#: The length of a large message: over 65535 where there is room for several of them, and anywhere
#: more than twice WebSocket.read_buffer_size, so that not all of it goes through that buffer.
LARGE = 5000 if SMALL else 70000


def fitting(*lengths):
    """Those of the lengths that a message may have here."""
    return [n for n in lengths if n <= LARGE]


def sample(items, every):
    """All the items; on a small machine every n-th, with the first and the last among them."""
    items = list(items)
    return items[:-1:every] + items[-1:] if SMALL else items


def note(items, item):
    """Append to a list, unless it is long: a board's heap has no room for a list of thousands, in
    one piece."""
    if len(items) < 128:
        items.append(item)
