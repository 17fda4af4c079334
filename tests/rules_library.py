"""Rules of core/rules.py, the twin of ws_protocol.c, for the owner in protocol_owner.py."""

from frames import CLOSE
from microdot_websocket.core.rules import Rules

JUNK = b'\xa5' * 9  # behind what has arrived, as in a read buffer


class State(Rules):
    """The same as ws_protocol_library.State, with the memory of Python's."""

    @property
    def start(self):
        """As the C struct names it."""
        return self.index

    @start.setter
    def start(self, start):
        self.index = start

    def put_arrived(self, data):
        return bytearray(data + JUNK)

    def put_message(self, data):
        return bytearray(data)

    def get(self, memory, start, n):
        return bytes(memory[start : start + n]) if n else b''

    def write(self, memory, start, data):
        memory[start : start + len(data)] = data

    def taken_message(self):
        """The bytes of the message or the piece that next() has returned."""
        message, self.message = self.message, None
        if message is None:
            return self.get(self.msg, 0, self.size)
        assert type(message) is (str if self.opcode == 1 else bytes)
        return message.encode() if isinstance(message, str) else message

    def payload(self, event):
        data, self.message = self.message, None
        assert type(data) is (str if event == CLOSE else bytes)
        return (self.close_code, data.encode()) if event == CLOSE else data


class Core:
    """As ws_protocol_library.Core."""

    def state(self, client, rsv1, **fields):
        state = State(not client, rsv1)
        for name, value in fields.items():
            setattr(state, name, value)
        return state
