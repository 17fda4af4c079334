"""SHA-1 in C, as a firmware has it from a TLS library, with about as many allocations. The one in
Python of the qemu port makes a thousand."""

import oom


class sha1:
    def __init__(self, data=b''):
        self._state = bytearray(oom.sha1_size)
        self.update(data)

    def update(self, data):
        oom.sha1_update(self._state, data)

    def digest(self):
        return oom.sha1_digest(self._state)
