"""The codec's contract, for every implementation: a test class sets `codec` and inherits this."""

from capacity import fitting
from codec_vectors import HEADERS, HUGE, TOO_LONG, UTF8_INVALID, UTF8_VALID


def unmasked(data, key, phase):
    data = bytearray(data)
    for i in range(len(data)):
        data[i] ^= key[(phase + i) % 4]
    return bytes(data)


def bytes_of(n):
    data = bytearray(n)
    for i in range(n):
        data[i] = (i * 7 + (i >> 8)) & 0xFF
    return bytes(data)


class CodecContract:
    codec = None

    def new_hdr(self):
        return [0, 0, 0, bytearray(4)]

    # parse_header

    def test_header(self):
        for data, expected in HEADERS:
            for before in range(5):
                for behind in (b'', b'\xaa\x55' * 4):
                    with self.subTest(data=data, before=before, behind=behind):
                        buf = b'\x5a' * before + data + behind
                        hdr = self.new_hdr()
                        size = self.codec.parse_header(buf, before, len(buf), hdr)
                        self.assertEqual(size, len(data))
                        self.assertEqual((hdr[0], hdr[1], hdr[2], bytes(hdr[3])), expected)

    def test_header_in_any_buffer(self):
        data = b'\x82\xfe\x01\x02abcd'
        for buf in (data, bytearray(data), memoryview(data), memoryview(bytearray(data))):
            hdr = self.new_hdr()
            self.assertEqual(self.codec.parse_header(buf, 0, len(data), hdr), 8)
            self.assertEqual(hdr, [0x82, 1, 258, bytearray(b'abcd')])

    def test_header_incomplete_leaves_hdr_untouched(self):
        for data, _ in HEADERS:
            for n in range(len(data)):
                with self.subTest(data=data, n=n):
                    key = bytearray(b'wxyz')
                    hdr = [7, 8, 9, key]
                    # The bytes behind `end` are there, and must not be looked at.
                    self.assertEqual(self.codec.parse_header(data, 0, n, hdr), 0)
                    self.assertEqual(hdr, [7, 8, 9, bytearray(b'wxyz')])
                    self.assertIs(hdr[3], key)

    def test_header_keeps_the_key_buffer(self):
        hdr = self.new_hdr()
        key = hdr[3]
        self.codec.parse_header(b'\x81\x80abcd', 0, 6, hdr)
        self.assertIs(hdr[3], key)
        self.assertEqual(key, b'abcd')
        self.codec.parse_header(b'\x81\x00', 0, 2, hdr)  # unmasked: the old key must go
        self.assertEqual(key, bytes(4))

    def test_header_too_long(self):
        for length in TOO_LONG:
            for mask in (b'', b'abcd'):
                with self.subTest(length=length, mask=mask):
                    data = bytes([0x82, 0xFF if mask else 0x7F]) + length.to_bytes(8, 'big') + mask
                    hdr = [7, 8, 9, bytearray(b'wxyz')]
                    for n in range(len(data)):
                        self.assertEqual(self.codec.parse_header(data, 0, n, hdr), 0)
                    with self.assertRaises(ValueError):
                        self.codec.parse_header(data, 0, len(data), hdr)
                    self.assertEqual(hdr, [7, 8, 9, bytearray(b'wxyz')])

    def test_header_bad_hdr(self):
        parse = self.codec.parse_header
        for data in (b'', b'\x81\x80abcd'):
            n = len(data)
            for hdr in (None, 5, (0, 0, 0, bytearray(4)), bytearray(4), {}):
                self.assertRaises(TypeError, parse, data, 0, n, hdr)
            for hdr in ([], [0, 0, bytearray(4)], [0, 0, 0, bytearray(4), 0]):
                self.assertRaises(ValueError, parse, data, 0, n, hdr)
            for key in (None, 0, b'abcd', 'abcd', [0, 0, 0, 0], memoryview(b'abcd')):
                self.assertRaises(TypeError, parse, data, 0, n, [0, 0, 0, key])
            for key in (bytearray(0), bytearray(3), bytearray(5)):
                self.assertRaises(ValueError, parse, data, 0, n, [0, 0, 0, key])

    # unmask

    def test_unmask_every_alignment_length_and_phase(self):
        key = b'\x01\x20\x83\xf4'
        lengths = list(range(40)) + [63, 64, 65, 125, 126, 127, 128, 129]
        data = bytes_of(8 + lengths[-1] + 9)
        whole = [memoryview(unmasked(data, key, phase)) for phase in range(4)]
        buf, expected = bytearray(data), bytearray(data)
        for start in range(9):
            for phase in range(4):
                expected[:] = data
                for n in lengths:
                    stop = start + n
                    expected[start:stop] = whole[(phase - start) % 4][start:stop]
                    buf[:] = data
                    self.codec.unmask(buf, start, stop, key, phase)
                    self.assertEqual(buf, expected, (start, stop, phase))

    def test_unmask_large(self):
        lengths = fitting(511, 512, 513, 1025, 4095, 4096, 4097, 10007)
        data = bytes_of(lengths[-1])
        whole = unmasked(data, b'abcd', 3)
        for n in lengths:
            buf = bytearray(data[:n])
            self.assertIsNone(self.codec.unmask(buf, 0, n, b'abcd', 3))
            self.assertEqual(buf, whole[:n])

    def test_unmask_in_pieces(self):
        data = bytes_of(103)
        whole = unmasked(data, b'wxyz', 0)
        for step in (1, 2, 3, 5, 7, 16, 50):
            buf = bytearray(data)
            for start in range(0, len(buf), step):
                stop = min(start + step, len(buf))
                self.codec.unmask(buf, start, stop, b'wxyz', start)
            self.assertEqual(buf, whole, step)

    def test_unmask_phase_is_modulo_4(self):
        for phase in (0, 1, 2, 3, 4, 7, 1023, -1, -6, (1 << 30) + 1, (1 << 64) + 2, -(1 << 70) - 3):
            buf = bytearray(bytes_of(11))
            self.codec.unmask(buf, 0, 11, b'abcd', phase)
            self.assertEqual(buf, unmasked(bytes_of(11), b'abcd', phase & 3), phase)

    def test_unmask_with_zeros_is_the_identity(self):
        buf = bytearray(bytes_of(37))
        self.codec.unmask(buf, 0, 37, bytes(4), 1)
        self.assertEqual(buf, bytes_of(37))

    def test_unmask_what_a_memoryview_shows(self):
        """As it does of the read buffer of each connection: CPython then refuses to resize."""
        for size in (1, 2, 3, 4, 5, 100, 5000):
            buf = bytearray(size)
            view = memoryview(buf)
            self.codec.unmask(buf, 1, size, b'abcd', 0)
            self.assertEqual(bytes(view[:5]), b'\0abcd'[:size])

    def test_unmask_in_a_memoryview(self):
        buf = bytearray(bytes_of(64))
        self.codec.unmask(memoryview(buf)[3:50], 2, 40, memoryview(b'xabcdx')[1:5], 1)
        data = bytes_of(64)
        self.assertEqual(buf, data[:5] + unmasked(data[5:43], b'abcd', 1) + data[43:])

    def test_unmask_read_only(self):
        unmask = self.codec.unmask
        for buf in (b'', b'abcd', memoryview(b''), memoryview(b'abcd')):
            for n in (0, len(buf)):
                self.assertRaises(TypeError, unmask, buf, 0, n, b'abcd', 0)

    def test_extract_read_only(self):
        for buf in (b'abcd', b'', memoryview(b'abcd')):
            for end in (0, len(buf)):
                self.assertRaises(TypeError, self.codec.extract, buf, 0, end, b'abcd', False)

    def test_extract_makes_keys_like_any_other(self):
        key = bytes(4)
        for expected in ('', 'x', 'é' * 100, b'', b'x', b'\x00\xff' * 100):
            is_text = isinstance(expected, str)
            data = expected.encode() if is_text else expected
            result = self.codec.extract(bytearray(data), 0, len(data), key, is_text)
            self.assertEqual({expected: 1}.get(result), 1)
            self.assertEqual({result: 1}.get(expected), 1)
            self.assertEqual(hash(result), hash(expected))

    def test_extract_bad_key(self):
        for key in (b'', b'abc', b'abcde', bytearray(8)):
            self.assertRaises(ValueError, self.codec.extract, bytearray(4), 0, 4, key, False)
        for key in (None, 5, 'abcd', [1, 2, 3, 4]):
            self.assertRaises(TypeError, self.codec.extract, bytearray(4), 0, 4, key, False)

    def test_unmask_bad_key(self):
        unmask = self.codec.unmask
        for n in (0, 8):
            for key in (b'', b'abc', b'abcde', bytearray(3), memoryview(b'abcde')):
                self.assertRaises(ValueError, unmask, bytearray(8), 0, n, key, 0)
            for key in (None, 'abcd', 0, 1234, [1, 2, 3, 4]):
                self.assertRaises(TypeError, unmask, bytearray(8), 0, n, key, 0)

    def test_unmask_bad_phase(self):
        for phase in (None, '0', b'0', [], 1.0):
            for n in (0, 8):
                args = (bytearray(8), 0, n, b'abcd', phase)
                self.assertRaises(TypeError, self.codec.unmask, *args)

    # utf8

    def test_utf8_valid_in_pieces(self):
        for text in UTF8_VALID:
            data = text.encode()
            for step in (1, 2, 3, 5, 64, 1000):
                with self.subTest(text=text, step=step):
                    state = 0
                    for start in range(0, len(data), step):
                        stop = min(start + step, len(data))
                        state = self.codec.utf8(data, start, stop, state)
                        self.assertEqual(state == 0, self.is_whole(data[:stop]))
                    self.assertEqual(state, 0)

    @staticmethod
    def is_whole(data):
        """Whether this beginning of a valid text ends between two characters."""
        for back in range(1, min(4, len(data)) + 1):
            b = data[-back]
            if b < 0x80:
                return back == 1
            if b >= 0xC0:
                return back == (2 if b < 0xE0 else 3 if b < 0xF0 else 4)
        return True

    def test_utf8_every_alignment(self):
        text = ('a' * 19 + 'é' + 'b' * 9 + '€😀').encode()
        for before in range(9):
            buf = b'\xff' * before + text + b'\xff' * 9
            self.assertEqual(self.codec.utf8(buf, before, before + len(text), 0), 0)
            self.assertEqual(self.codec.utf8(buf, before, before + len(text) + 1, 0), -1)

    def test_utf8_invalid_at_the_first_bad_byte(self):
        for data, bad in UTF8_INVALID:
            for before in (b'', b'abcdefg', 'é€😀'.encode() * 8):
                buf = before + data
                at = len(before) + bad
                with self.subTest(data=data, before=before):
                    for step in (1, 3, 1000):
                        state = start = 0
                        while start < at and state >= 0:
                            stop = min(start + step, at)
                            state = self.codec.utf8(buf, start, stop, state)
                            start = stop
                        self.assertTrue(state >= 0)
                        self.assertEqual(self.codec.utf8(buf, at, at + 1, state), -1)
                    self.assertEqual(self.codec.utf8(buf, 0, len(buf), 0), -1)

    def test_utf8_all_two_byte_sequences(self):
        # After each lead byte: which next bytes are good, by RFC 3629, section 4.
        tails = {}
        for b in range(0xC2, 0xF5):
            tails[b] = (0x80, 0xBF)
        tails[0xE0], tails[0xED] = (0xA0, 0xBF), (0x80, 0x9F)
        tails[0xF0], tails[0xF4] = (0x90, 0xBF), (0x80, 0x8F)
        states = {}
        for lead in range(0x80, 0x100):
            state = self.codec.utf8(bytes([lead]), 0, 1, 0)
            self.assertEqual(state > 0, lead in tails, lead)
            self.assertEqual(state < 0, lead not in tails, lead)
            if state > 0:
                # The codec keeps nothing else, so the leads of one state have the same tails.
                self.assertEqual(states.setdefault(state, tails[lead]), tails[lead], lead)
        for state, (low, high) in states.items():
            for b in range(256):
                good = self.codec.utf8(bytes([b]), 0, 1, state) >= 0
                self.assertEqual(good, low <= b <= high, (state, b))

    def test_utf8_states(self):
        # Both codecs number them alike (see _pycodec._utf8_lead), since protocol.py keeps them.
        leads = (b'\xc2', b'\xe1', b'\xf1', b'\xe0', b'\xed', b'\xf0', b'\xf4')
        for state, lead in enumerate(leads):
            self.assertEqual(self.codec.utf8(lead, 0, 1, 0), state + 1)
        for state in range(8):
            self.assertEqual(self.codec.utf8(b'', 0, 0, state), state)
        for state in (-1, 8, 255) + HUGE:
            self.assertRaises(ValueError, self.codec.utf8, b'', 0, 0, state)
        for state in (None, '0', 0.0, []):
            self.assertRaises(TypeError, self.codec.utf8, b'', 0, 0, state)

    # extract

    def test_extract(self):
        key = b'\x01\x20\x83\xf4'
        for n in list(range(20)) + [125, 126, 1000]:
            for start in range(5):
                data = bytes_of(n)
                buf = bytearray(b'#' * start + unmasked(data, key, 0) + b'##')
                message = self.codec.extract(buf, start, start + n, key, False)
                self.assertEqual(message, data)
                self.assertIs(type(message), bytes)
                buf[:] = bytes(len(buf))
                self.assertEqual(message, data)  # it is a copy
                self.assertEqual(hash(message), hash(data))

    def test_extract_text(self):
        for text in UTF8_VALID:
            data = text.encode()
            buf = bytearray(unmasked(data, b'abcd', 0))
            message = self.codec.extract(buf, 0, len(buf), b'abcd', True)
            self.assertEqual(message, text)
            self.assertIs(type(message), str)
            self.assertEqual(len(message), len(text))
            self.assertEqual({text: 1}[message], 1)  # its hash is that of an equal one
            self.assertEqual(message + '!', text + '!')
        for data, _ in UTF8_INVALID:
            buf = bytearray(unmasked(data, b'abcd', 0))
            self.assertIs(self.codec.extract(buf, 0, len(buf), b'abcd', 1), None)
        self.assertIs(self.codec.extract(bytearray('é'.encode()), 0, 1, bytes(4), True), None)

    # freeze

    def test_freeze(self):
        for n in list(range(20)) + [255, 1000]:
            for more in (1, 2, 50):
                data = bytes_of(n)
                message = self.codec.freeze(bytearray(data + b'#' * more), n, False)
                self.assertEqual(message, data)
                self.assertIs(type(message), bytes)
                self.assertEqual(hash(message), hash(data))
                self.assertEqual(message + b'!', data + b'!')

    def test_freeze_text(self):
        for text in UTF8_VALID:
            data = text.encode()
            message = self.codec.freeze(bytearray(data + b'#'), len(data), True)
            self.assertEqual(message, text)
            self.assertIs(type(message), str)
            self.assertEqual(len(message), len(text))
            self.assertEqual({text: 1}[message], 1)

    def test_freeze_bad_arguments(self):
        freeze = self.codec.freeze
        for bad in (None, 5, b'abcd', 'abcd', [1, 2], memoryview(bytearray(4))):
            self.assertRaises(TypeError, freeze, bad, 0, False)
        for size in (-1, 4, 5) + HUGE:
            self.assertRaises(ValueError, freeze, bytearray(4), size, False)
        self.assertRaises(ValueError, freeze, bytearray(0), 0, False)
        for size in (None, '0', 0.0, []):
            self.assertRaises(TypeError, freeze, bytearray(4), size, False)

    # what they check alike

    def calls(self):
        codec, hdr = self.codec, self.new_hdr()
        return (
            lambda buf, start, end: codec.parse_header(buf, start, end, hdr),
            lambda buf, start, end: codec.unmask(buf, start, end, b'abcd', 0),
            lambda buf, start, end: codec.utf8(buf, start, end, 0),
            lambda buf, start, end: codec.extract(buf, start, end, b'abcd', False),
        )

    def test_bad_ranges(self):
        for call in self.calls():
            for start, end in ((-1, 0), (-1, 8), (0, -1), (1, 0), (0, 9), (9, 9), (8, 7), (-8, -8)):
                self.assertRaises(ValueError, call, bytearray(8), start, end)
            for huge in HUGE:
                self.assertRaises(ValueError, call, bytearray(8), 0, huge)
                self.assertRaises(ValueError, call, bytearray(8), huge, 8)
                self.assertRaises(ValueError, call, bytearray(8), huge, huge)

    def test_indexes_that_are_no_ints(self):
        for call in self.calls():
            for bad in (None, '0', b'0', [], 0.0, 8.0):
                self.assertRaises(TypeError, call, bytearray(8), bad, 8)
                self.assertRaises(TypeError, call, bytearray(8), 0, bad)

    def test_types_come_before_ranges(self):
        for call in self.calls():
            for start in (-1, 9) + HUGE:
                self.assertRaises(TypeError, call, bytearray(8), start, None)

    def test_bools_are_ints(self):
        for call in self.calls():
            call(bytearray(b'ab'), False, True)

    def test_empty_ranges(self):
        for call in self.calls():
            for at in range(3):
                call(bytearray(b'ab'), at, at)
            call(bytearray(0), 0, 0)

    def test_what_is_no_buffer(self):
        for call in self.calls():
            for bad in (None, 5, 'abcd', '', [1, 2, 3, 4], (1, 2)):
                for end in (0, 1):
                    self.assertRaises(TypeError, call, bad, 0, end)

    def test_number_of_arguments(self):
        codec = self.codec
        for f, args in (
            (codec.parse_header, (b'\x81\x00', 0, 2, self.new_hdr())),
            (codec.unmask, (bytearray(4), 0, 4, b'abcd', 0)),
            (codec.utf8, (b'abcd', 0, 4, 0)),
            (codec.extract, (bytearray(4), 0, 4, b'abcd', False)),
        ):
            f(*args)
            self.assertRaises(TypeError, f, *args[:-1])
            self.assertRaises(TypeError, f, *(args + (0,)))
