"""Checking UTF-8 as it arrives: RFC 3629."""

from codec_vectors import HUGE, UTF8_INVALID, UTF8_VALID


def is_whole(data):
    """Whether this beginning of a valid text ends between two characters."""
    for back in range(1, min(4, len(data)) + 1):
        b = data[-back]
        if b < 0x80:
            return back == 1
        if b >= 0xC0:
            return back == (2 if b < 0xE0 else 3 if b < 0xF0 else 4)
    return True


class Utf8Contract:
    utf8 = None

    def test_valid_in_pieces(self):
        for text in UTF8_VALID:
            data = text.encode()
            for step in (1, 2, 3, 5, 64, 1000):
                with self.subTest(text=text, step=step):
                    state = 0
                    for start in range(0, len(data), step):
                        stop = min(start + step, len(data))
                        state = self.utf8(data, start, stop, state)
                        self.assertEqual(state == 0, is_whole(data[:stop]))
                    self.assertEqual(state, 0)

    def test_every_alignment(self):
        text = ('a' * 19 + 'é' + 'b' * 9 + '€😀').encode()
        for before in range(9):
            buf = b'\xff' * before + text + b'\xff' * 9
            self.assertEqual(self.utf8(buf, before, before + len(text), 0), 0)
            self.assertEqual(self.utf8(buf, before, before + len(text) + 1, 0), -1)

    def test_invalid_at_the_first_bad_byte(self):
        for data, bad in UTF8_INVALID:
            for before in (b'', b'abcdefg', 'é€😀'.encode() * 8):
                buf = before + data
                at = len(before) + bad
                with self.subTest(data=data, before=before):
                    for step in (1, 3, 1000):
                        state = start = 0
                        while start < at and state >= 0:
                            stop = min(start + step, at)
                            state = self.utf8(buf, start, stop, state)
                            start = stop
                        self.assertTrue(state >= 0)
                        self.assertEqual(self.utf8(buf, at, at + 1, state), -1)
                    self.assertEqual(self.utf8(buf, 0, len(buf), 0), -1)

    def test_all_two_byte_sequences(self):
        # After each lead byte: which next bytes are good, by RFC 3629, section 4.
        tails = {}
        for b in range(0xC2, 0xF5):
            tails[b] = (0x80, 0xBF)
        tails[0xE0], tails[0xED] = (0xA0, 0xBF), (0x80, 0x9F)
        tails[0xF0], tails[0xF4] = (0x90, 0xBF), (0x80, 0x8F)
        states = {}
        for lead in range(0x80, 0x100):
            state = self.utf8(bytes([lead]), 0, 1, 0)
            self.assertEqual(state > 0, lead in tails, lead)
            self.assertEqual(state < 0, lead not in tails, lead)
            if state > 0:
                # Nothing else is kept, so the leads of one state have the same tails.
                self.assertEqual(states.setdefault(state, tails[lead]), tails[lead], lead)
        for state, (low, high) in states.items():
            for b in range(256):
                good = self.utf8(bytes([b]), 0, 1, state) >= 0
                self.assertEqual(good, low <= b <= high, (state, b))

    def test_states(self):
        leads = (b'\xc2', b'\xe1', b'\xf1', b'\xe0', b'\xed', b'\xf0', b'\xf4')
        for state, lead in enumerate(leads):
            self.assertEqual(self.utf8(lead, 0, 1, 0), state + 1)
        for state in range(8):
            self.assertEqual(self.utf8(b'', 0, 0, state), state)
        for state in (-1, 8, 255) + HUGE:
            self.assertRaises(ValueError, self.utf8, b'', 0, 0, state)
        for state in (None, '0', 0.0, []):
            self.assertRaises(TypeError, self.utf8, b'', 0, 0, state)

    def test_any_buffer(self):
        for buf in (b'ab\xc3', bytearray(b'ab\xc3'), memoryview(b'ab\xc3')):
            self.assertEqual(self.utf8(buf, 0, 2, 0), 0)
            self.assertEqual(self.utf8(buf, 0, 3, 0), 1)
        for at in range(3):
            self.assertEqual(self.utf8(b'ab', at, at, 0), 0)
        for bad in (None, 5, [1, 2, 3, 4], (1, 2)):
            self.assertRaises(TypeError, self.utf8, bad, 0, 0, 0)

    def test_bad_ranges(self):
        ranges = ((-1, 0), (-1, 8), (0, -1), (1, 0), (0, 9), (9, 9), (8, 7), (-8, -8))
        for start, end in ranges:
            self.assertRaises(ValueError, self.utf8, bytearray(8), start, end, 0)
        for huge in HUGE:
            self.assertRaises(ValueError, self.utf8, bytearray(8), 0, huge, 0)
            self.assertRaises(ValueError, self.utf8, bytearray(8), huge, 8, 0)
        for bad in (None, '0', b'0', [], 0.0):
            self.assertRaises(TypeError, self.utf8, bytearray(8), bad, 8, 0)
            self.assertRaises(TypeError, self.utf8, bytearray(8), 0, bad, 0)
        self.assertRaises(TypeError, self.utf8, b'', 0, 0)
        self.assertRaises(TypeError, self.utf8, b'', 0, 0, 0, 0)
