"""The heap that an optional feature takes once it is used:  feature_memory.main(feature)

Prints the bytes, on top of the package and of what all of them need; without those of a larger
table of names, which some import must make at some time.
"""

import gc
import sys

PACKAGE = 'microdot_websocket'
COMMON = 'features'
FEATURES = {
    'any of these': COMMON,
    'options': 'features.options',
    'iteration': 'features.iteration',
    'ping': 'features.ping',
    'receive_into-and-stream': 'features.pieces',
    'send_stream': 'features.fragments',
    'Group': 'group',
    'Topics': 'topics',
    'Relay': 'relay',
    'ByteStream': 'byte_stream',
    'connect': 'client',
    'json': 'features.json',
    'on_disconnect': 'features.ended',
    'trace': 'trace',
    'compression': 'features.compression',
}


def used():
    gc.collect()
    gc.collect()
    return gc.mem_alloc()


def main(feature):
    __import__(PACKAGE if FEATURES[feature] == COMMON else PACKAGE + '.' + COMMON)
    for i in range(100):
        getattr(sys, 'name%d' % i, None)  # makes it a name, and with one of them that table
    before = used()
    __import__(PACKAGE + '.' + FEATURES[feature])
    print(feature, used() - before)
