"""The server's handshake of permessage-deflate: RFC 7692, section 7.1. See ``compression.py``; the
client's is in ``compression_answers.py``."""

try:
    import sys

    if sys.implementation.name == 'cpython':
        from ..cpython.deflate import MIN_BITS, Inflater, deflate  # noqa: F401
    else:
        from .deflate import MIN_BITS, Inflater, deflate  # noqa: F401
except ImportError:  # a firmware that has no deflate
    Inflater = None

EXTENSION = 'permessage-deflate'
OURS = EXTENSION + '; server_no_context_takeover; client_no_context_takeover'


def window_bits(size):
    """The smallest window that holds ``size`` bytes, in bits; 9 to 15."""
    bits = 9
    while bits < 15 and 1 << bits < size:
        bits += 1
    return bits


def accept(header, limit):
    """A server's choice among the offers in a ``Sec-WebSocket-Extensions`` header.

    :param limit: of the messages to be received, in bytes.

    ``(answer, bits, bits)``: the response's header and the windows of the client, as it compresses,
    and of the server. None: there is no offer that can be accepted.
    """
    for offer in extensions(header) if Inflater else ():
        if offer:
            answer = OURS
            client = window_bits(limit)
            server = offer.get('server_max_window_bits')
            if server:
                answer += '; server_max_window_bits=%d' % server
            if 'client_max_window_bits' in offer:
                client = min(client, offer['client_max_window_bits'] or 15)
                answer += '; client_max_window_bits=%d' % client
            else:
                client = 15
            return answer, client, server or 15
    return None


def extensions(header):
    """A dict of parameters for each extension in a list (RFC 6455, section 9.1): {} if there is one
    that is not as section 7.1 has it, or if it is another extension."""
    return [_parameters(*_split(item, ';')) for item in _split(header, ',') if item]


def _parameters(name, *items):
    found = {EXTENSION: True}
    if name != EXTENSION:
        return {}
    for item in items:
        name, equals, value = [part.strip() for part in item.partition('=')]
        if len(value) > 1 and value[0] == value[-1] == '"':
            value = value[1:-1].replace('\\', '')
        if name in found:
            return {}
        if name in ('server_no_context_takeover', 'client_no_context_takeover'):
            if equals:
                return {}
            found[name] = True
        elif name in ('server_max_window_bits', 'client_max_window_bits'):
            if value in '8 9 10 11 12 13 14 15'.split():
                found[name] = int(value)
            elif name[0] == 'c' and not equals:
                found[name] = 0
            else:
                return {}
        else:
            return {}
    return found


def _split(text, separator):
    """The parts, stripped, between separators that are not in quotes."""
    parts = ['']
    quoted = False
    for c in text:
        if c == '"':
            quoted = not quoted
        if c == separator and not quoted:
            parts.append('')
        else:
            parts[-1] += c
    return [part.strip() for part in parts]
