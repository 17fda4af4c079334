"""The heap that an optional feature takes once it is used:  feature_memory.main(feature)

Prints the bytes, on top of the package and of what nearly every connection makes it import.
"""

import gc

PACKAGE = 'microdot_websocket.'
FEATURES = {
    'options': '_options',
    'iteration': '_iteration',
    'ping': '_keepalive',
    'receive_into-and-stream': '_pieces',
    'send_stream': '_fragments',
    'Group': 'group',
    'connect': 'client',
    'compression': '_compression',
}


def used():
    gc.collect()
    gc.collect()
    return gc.mem_alloc()


def main(feature):
    for module in '_closing', '_deadlines', '_more':
        __import__(PACKAGE + module)
    before = used()
    __import__(PACKAGE + FEATURES[feature])
    print(feature, used() - before)
