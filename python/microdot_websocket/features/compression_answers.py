"""The client's handshake of permessage-deflate: RFC 7692, section 7.1. See ``compression.py``."""

from .compression import (
    OURS,
    Compression,
    Inflater,
    extensions,
    message_limit,
    window_bits,
)

if False:  # for type checkers alone
    from typing import Any

    from ..websocket import WebSocket


def offer(limit: int) -> str:
    """What a client offers, for messages of up to ``limit`` bytes; empty if it can't inflate."""
    if not Inflater:
        return ''
    any_window = OURS + '; client_max_window_bits'
    bits = window_bits(limit)
    # Not all servers can choose their window.
    small = '%s; server_max_window_bits=%d, ' % (any_window, bits) if bits < 15 else ''
    return small + any_window


def agree(ws: 'WebSocket', header: str, options: 'Any') -> None:
    """Let a client compress, if the header in the response to its offer says so. ValueError: see
    ``confirm()``."""
    agreed = confirm(header)
    if agreed:
        ws.compressed = Compression(ws, agreed, options, message_limit(ws))


def confirm(header: str) -> 'tuple[str, int, int] | None':
    """What a client has to make of the header in the response to its offer.

    ``(header, bits, bits)``: the windows of the server, as it compresses, and of the client. None:
    no compression. ValueError: an answer to something else, with which it must end the connection.
    """
    answers = extensions(header)
    if not answers and not header.strip():
        return None
    answer = answers[0] if len(answers) == 1 else None
    if not answer or not answer.get('client_max_window_bits', 15):
        raise ValueError('extensions that were not offered: ' + header)
    if 'server_no_context_takeover' not in answer:
        raise ValueError('no server_no_context_takeover: ' + header)
    return (
        header,
        answer.get('server_max_window_bits', 15),
        answer.get('client_max_window_bits', 15),
    )
