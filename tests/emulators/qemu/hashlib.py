"""SHA-1 (FIPS 180-4): boards have it from a TLS library, which the qemu port does without.
SHA-256 is in MicroPython itself."""

from uhashlib import sha256  # noqa: F401


def _rotate(x, n):
    return (x << n | x >> (32 - n)) & 0xFFFFFFFF


def _compress(state, block):
    w = [int.from_bytes(block[i : i + 4], 'big') for i in range(0, 64, 4)]
    for t in range(16, 80):
        w.append(_rotate(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1))
    a, b, c, d, e = state
    for t in range(80):
        if t < 20:
            f, k = b & c | ~b & d, 0x5A827999
        elif t < 40:
            f, k = b ^ c ^ d, 0x6ED9EBA1
        elif t < 60:
            f, k = b & c | b & d | c & d, 0x8F1BBCDC
        else:
            f, k = b ^ c ^ d, 0xCA62C1D6
        a, b, c, d, e = (_rotate(a, 5) + f + e + k + w[t]) & 0xFFFFFFFF, a, _rotate(b, 30), c, d
    return [(x + y) & 0xFFFFFFFF for x, y in zip(state, (a, b, c, d, e))]


class sha1:
    def __init__(self, data=b''):
        self._data = bytes(data)

    def update(self, data):
        self._data += data

    def digest(self):
        n = len(self._data)
        padded = self._data + b'\x80' + bytes((55 - n) % 64) + (8 * n).to_bytes(8, 'big')
        state = [0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0]
        for i in range(0, len(padded), 64):
            state = _compress(state, padded[i : i + 64])
        return b''.join([x.to_bytes(4, 'big') for x in state])
