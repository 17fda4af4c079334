"""permessage-deflate: what is negotiated. The messages are in test_compression.py and
test_compression_connection.py."""

import sys
import unittest

from microdot_websocket.features import compression
from microdot_websocket.features.compression import EXTENSION, accept

CPYTHON = sys.implementation.name == 'cpython'
OURS = 'permessage-deflate; server_no_context_takeover; client_no_context_takeover'


class TestAccept(unittest.TestCase):
    def test_offers(self):
        for header, answer, client, server in (
            ('%', '', 15, 15),
            (' % ', '', 15, 15),
            ('%; server_no_context_takeover', '', 15, 15),
            ('%;client_no_context_takeover ;server_no_context_takeover', '', 15, 15),
            ('%; client_max_window_bits', '; client_max_window_bits=14', 14, 15),
            ('%; client_max_window_bits=15', '; client_max_window_bits=14', 14, 15),
            ('%; client_max_window_bits=10', '; client_max_window_bits=10', 10, 15),
            ('%; client_max_window_bits=8', '; client_max_window_bits=8', 8, 15),
            ('%; client_max_window_bits="9"', '; client_max_window_bits=9', 9, 15),
            ('%; server_max_window_bits=8', '; server_max_window_bits=8', 15, 8),
            ('%; server_max_window_bits = "1\\2"', '; server_max_window_bits=12', 15, 12),
            (
                '%; client_max_window_bits; server_max_window_bits=10',
                '; server_max_window_bits=10; client_max_window_bits=14',
                14,
                10,
            ),
            ('other, %', '', 15, 15),
            ('other; a="b,c;d"; e,%', '', 15, 15),
            ('%; x, %', '', 15, 15),
            (
                '%; server_max_window_bits=7, %; client_max_window_bits=9',
                '; client_max_window_bits=9',
                9,
                15,
            ),
        ):
            header = header.replace('%', EXTENSION)
            self.assertEqual(accept(header, 16384), (OURS + answer, client, server), header)

    def test_declined(self):
        for header in (
            '',
            ' ',
            ',',
            ';',
            'x-webkit-deflate-frame',
            'Permessage-deflate',
            'permessage-deflate2',
            'permessage-deflate=1',
            'permessage-deflate;',
            'permessage-deflate; ; client_max_window_bits',
            'permessage-deflate; unknown',
            'permessage-deflate; permessage-deflate',
            'permessage-deflate; server_no_context_takeover=1',
            'permessage-deflate; client_no_context_takeover=',
            'permessage-deflate; client_no_context_takeover; client_no_context_takeover',
            'permessage-deflate; client_max_window_bits; client_max_window_bits=9',
            'permessage-deflate; client_max_window_bits=7',
            'permessage-deflate; client_max_window_bits=16',
            'permessage-deflate; client_max_window_bits=08',
            'permessage-deflate; client_max_window_bits=+9',
            'permessage-deflate; client_max_window_bits=',
            'permessage-deflate; client_max_window_bits=""',
            'permessage-deflate; client_max_window_bits="9',
            "permessage-deflate; client_max_window_bits='9'",
            'permessage-deflate; server_max_window_bits',
            'permessage-deflate; server_max_window_bits=0',
            'permessage-deflate; server_max_window_bits=9 9',
            'permessage-deflate; a=", permessage-deflate, "',
        ):
            self.assertIs(accept(header, 16384), None, header)

    def test_the_window_suits_the_limit(self):
        for limit, bits in (
            (1, 9),
            (512, 9),
            (513, 10),
            (16384, 14),
            (16385, 15),
            (1 << 20, 15),
            (0x3FFFFFFF, 15),
        ):
            _, client, _ = accept(EXTENSION + '; client_max_window_bits', limit)
            self.assertEqual(client, bits, limit)
            _, client, _ = accept(EXTENSION, limit)
            self.assertEqual(client, 15, limit)

    def test_a_long_header_takes_memory_for_each_byte_but_few_times(self):
        """Else one of 8 KiB had a board collect its memory for seconds."""
        if CPYTHON:
            return
        import gc

        header = 'x; y=' + 'z' * 600
        gc.collect()
        before = gc.mem_alloc()
        gc.disable()
        try:
            self.assertIs(accept(header, 16384), None)
            used = gc.mem_alloc() - before
        finally:
            gc.enable()
        self.assertLessEqual(used, 16 * len(header))

    def test_a_firmware_without_deflate(self):
        inflater, compression.Inflater = compression.Inflater, None
        try:
            self.assertIs(accept(EXTENSION, 1000), None)
        finally:
            compression.Inflater = inflater
