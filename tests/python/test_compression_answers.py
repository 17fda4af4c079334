"""permessage-deflate: what a client offers, and takes for an answer."""

import unittest

from microdot_websocket.features import compression_answers
from microdot_websocket.features.compression import EXTENSION, accept
from microdot_websocket.features.compression_answers import confirm, offer

OURS = 'permessage-deflate; server_no_context_takeover; client_no_context_takeover'


class TestClient(unittest.TestCase):
    def test_offer(self):
        any_window = OURS + '; client_max_window_bits'
        self.assertEqual(offer(1000), any_window + '; server_max_window_bits=10, ' + any_window)
        self.assertEqual(offer(1 << 20), any_window)

    def test_what_it_offers_would_be_accepted(self):
        for limit in (1, 600, 16384, 1 << 20):
            answer, client, server = accept(offer(limit), limit)
            self.assertEqual(confirm(answer), (answer, server, client))
            self.assertEqual(server, client)

    def test_answers(self):
        needed = 'permessage-deflate; server_no_context_takeover'
        for header, server, client in (
            (needed, 15, 15),
            (needed + '; client_no_context_takeover', 15, 15),
            (needed + '; server_max_window_bits=9', 9, 15),
            (needed + '; client_max_window_bits=11; server_max_window_bits="10"', 10, 11),
        ):
            self.assertEqual(confirm(header), (header, server, client))
        for header in ('', ' '):
            self.assertIs(confirm(header), None)

    def test_bad_answers(self):
        needed = 'permessage-deflate; server_no_context_takeover'
        for header in (
            needed + '; client_max_window_bits',
            needed + '; server_max_window_bits',
            needed + '; server_max_window_bits=16',
            needed + '; x',
            'permessage-deflate; client_max_window_bits',
            needed + ', ' + needed,
            needed + ', other',
            'other',
            ',',
        ):
            with self.assertRaises(ValueError) as raised:
                confirm(header)
            self.assertEqual(str(raised.exception), 'extensions that were not offered: ' + header)

    def test_what_the_server_must_agree_to(self):
        for header in (EXTENSION, EXTENSION + '; client_no_context_takeover'):
            with self.assertRaises(ValueError) as raised:
                confirm(header)
            self.assertEqual(str(raised.exception), 'no server_no_context_takeover: ' + header)

    def test_a_firmware_without_deflate(self):
        inflater, compression_answers.Inflater = compression_answers.Inflater, None
        try:
            self.assertEqual(offer(1000), '')
        finally:
            compression_answers.Inflater = inflater
