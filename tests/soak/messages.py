"""What the soak sends: each message says which one it is, and carries a CRC over all it holds."""

from binascii import crc32

TEXT = 'aé€😀'  # characters of 1 to 4 bytes
BYTES = bytes(range(251))  # a period that no buffer and no mask has
CANCELLED = 3  # a sender whose calls are cancelled: messages may be missing, whole ones


def raw(data):
    return data.encode() if isinstance(data, str) else data


def name_of(connection, sender, number):
    return '%d/%d/%d' % (connection, sender, number)


def crc(name, body, text):
    """Over the type as well."""
    return crc32(body, crc32(name, text))


def make(connection, sender, number, size, text):
    """str or bytes; `size` is that of what follows its name, in characters or bytes."""
    unit = TEXT if text else BYTES
    start = number % len(unit)
    body = unit[start:] + unit * (size // len(unit) + 1)
    body = body[:size]
    name = name_of(connection, sender, number)
    head = '%s %08x ' % (name, crc(name.encode(), raw(body), text))
    return head + body if text else head.encode() + body


def split(message):
    """(connection, sender, number) that a message names, once its CRC has been found right."""
    data = raw(message)
    end = data.find(b' ')
    try:
        name, found = data[:end], int(data[end + 1 : end + 9], 16)
        connection, sender, number = [int(word) for word in name.decode().split('/')]
        if found == crc(name, memoryview(data)[end + 10 :], isinstance(message, str)):
            return connection, sender, number
    except ValueError:
        pass
    raise ValueError('damaged: %d bytes, %r' % (len(data), bytes(data[:60])))


class Incoming:
    """The messages of all senders to one side of a connection: raises ValueError if one of them is
    lost, doubled, out of order, damaged, or of another connection."""

    def __init__(self, connection):
        self.connection = connection
        self.next = {}  # number, by sender

    def check(self, message):
        """The sender."""
        connection, sender, number = split(message)
        expected = self.next.get(sender, 0)
        late = number > expected and sender != CANCELLED
        if connection != self.connection or number < expected or late:
            got = name_of(connection, sender, number)
            raise ValueError(
                'got %s, expected %s' % (got, name_of(self.connection, sender, expected))
            )
        self.next[sender] = number + 1
        return sender

    def check_totals(self, totals):
        """Against how many were sent, by sender."""
        for sender in set(totals) | set(self.next):
            sent, got = totals.get(sender, 0), self.next.get(sender, 0)
            if got > sent or (got < sent and sender != CANCELLED):
                raise ValueError('got %d of %d messages of sender %d' % (got, sent, sender))
