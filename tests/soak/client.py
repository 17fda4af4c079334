"""One connection of the soak, as a client has it. The protocol is that of websockets' own
ClientProtocol, which does no I/O: what it gives to be sent can be cut anywhere."""

import asyncio
import socket
import struct
from collections import deque

from messages import Incoming, make, raw
from websockets.client import ClientProtocol
from websockets.exceptions import InvalidState
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.uri import parse_uri

#: How connections end, and how often.
WAYS = {
    'close': 6,  # a Close of the client
    'bye': 4,  # a Close of the server
    'early-close': 3,  # a Close of the client while both sides send
    'half-close': 2,  # the client reads on
    'fin': 2,
    'rst': 2,
    'frame-fin': 2,  # in the middle of a frame
    'frame-rst': 2,
    'handshake-fin': 1,  # in the middle of the handshake
    'handshake-rst': 1,
}
WHOLE = 'close', 'bye'  # those that come after everything was sent and received
CUT_HANDSHAKES = 'handshake-fin', 'handshake-rst'
IN_FLIGHT = 4
STALLED = 60  # seconds; a whole connection takes a few


class Connection:
    """`way`: how it ends. `size`: of the longest message, in bytes. `tally`: to count in."""

    def __init__(self, number, way, port, size, random, tally):
        self.number = number
        self.way = way
        self.port = port
        self.size = size
        self.random = random
        self.tally = tally
        self.senders = random.randint(0, 3)  # tasks of the server that send at once, beside echoes
        self.messages = random.randint(1, 30)  # from each of them, and from here
        self.pause = random.uniform(1, 5) / self.messages  # s, on average
        self.incoming = Incoming(number)
        self.echoes = deque()  # that are still to come
        self.pongs = deque()
        self.end = ''  # what ends the echoes
        self.progress = asyncio.Event()
        self.writing = asyncio.Lock()
        self.silent = False  # nothing may be sent any more
        self.close_code = None  # that the end must have; None while it must not end

    async def run(self, crowd):
        """Raises whatever was wrong."""
        async with crowd.gate:
            await asyncio.wait_for(self.connect(), STALLED)
        self.tally[self.way] += 1
        if self.way in CUT_HANDSHAKES:
            return
        crowd.inside.add(self)
        tasks = [asyncio.create_task(part) for part in (self.listen(), self.talk(crowd))]
        try:
            done, pending = await asyncio.wait(
                tasks, timeout=STALLED, return_when=asyncio.FIRST_EXCEPTION
            )
            for task in done:
                task.result()
            if pending:
                state = f'{len(self.echoes)} echoes to come, came {self.incoming.next}'
                raise TimeoutError(f'stalled, close code {self.close_code}: {state}')
        except InvalidState:
            raise ConnectionError(f'closed by the server: {self.protocol.close_rcvd}')
        finally:
            for task in tasks:
                task.cancel()
            self.writer.transport.abort()
            crowd.inside.discard(self)

    async def connect(self):
        path = f'/soak/{self.number}/{self.senders}/{self.messages}/{self.size}'
        uri = parse_uri(f'ws://127.0.0.1:{self.port}{path}')
        self.protocol = ClientProtocol(uri, max_size=None)
        self.reader, self.writer = await asyncio.open_connection('127.0.0.1', self.port)
        self.protocol.send_request(self.protocol.connect())
        if self.way in CUT_HANDSHAKES:
            return self.cut()
        await self.flush()
        while self.protocol.state is State.CONNECTING:
            if data := await self.reader.read(65536):
                self.protocol.receive_data(data)
            else:
                self.protocol.receive_eof()
            if self.protocol.handshake_exc:
                raise self.protocol.handshake_exc

    async def flush(self):
        """Send what there is to be sent, now and then in pieces of any size."""
        async with self.writing:
            if self.silent:
                return
            data = b''.join(self.protocol.data_to_send())
            self.tally['bytes sent'] += len(data)
            cuts = self.cuts(len(data), 0.1)
            for start, stop in zip([0, *cuts], [*cuts, len(data)]):
                if start:
                    await asyncio.sleep(0.005)  # lest they arrive as one
                if start < stop:
                    self.writer.write(data[start:stop])
                    await self.writer.drain()

    def cuts(self, length, probability):
        """Where to cut something, if it is cut at all: up to 5 numbers from 0 to its length."""
        if self.random.random() > probability:
            return []
        return sorted(self.random.randint(0, length) for _ in range(self.random.randint(1, 5)))

    # What comes

    async def listen(self):
        while True:
            for event in self.protocol.events_received():
                if isinstance(event, Frame):
                    self.take(event)
            try:
                data = await self.reader.read(65536)
            except ConnectionError:
                data = b''
            if not data:
                break
            self.tally['bytes received'] += len(data)
            self.protocol.receive_data(data)
            if self.protocol.parser_exc:
                raise self.protocol.parser_exc
            try:
                await self.flush()
            except ConnectionError:
                pass  # to be seen in what comes next: the end, and after which Close
            if self.random.random() < 0.01:
                await asyncio.sleep(0.3)
        self.protocol.receive_eof()
        if self.protocol.close_code != self.close_code:
            raise ConnectionError(f'ended with {self.protocol.close_exc!r}')

    def take(self, frame):
        if frame.opcode is Opcode.PONG:
            if not self.pongs or frame.data != self.pongs.popleft():
                raise ValueError(f'wrong pong: {frame.data!r}')
            self.tally['pongs'] += 1
            self.progress.set()
        elif frame.opcode is not Opcode.CLOSE:
            text = frame.opcode is Opcode.TEXT
            self.take_message(frame.data.decode() if text else bytes(frame.data))

    def take_message(self, message):
        sender = self.incoming.check(message) if message and message != self.end else 0
        if sender == 0 and (not self.echoes or message != self.echoes.popleft()):
            raise ValueError('not the echo that was expected')
        self.tally['from tasks' if sender else 'echoes'] += 1
        self.progress.set()

    # What goes

    async def talk(self, crowd):
        await crowd.full()
        whole = self.way in WHOLE
        number = 0
        for _ in range(self.messages if whole else self.random.randint(0, self.messages)):
            if self.random.random() < 0.05:
                await self.send(self.random.choice(['', b'']))
            else:
                await self.send(self.message(number))
                number += 1
            await asyncio.sleep(self.random.uniform(0, 2 * self.pause))
        if whole:
            self.end = f'end {number}'
            await self.send(self.end)
            await self.until(lambda: not self.echoes and not self.pongs)
            tasks = dict.fromkeys(range(1, 1 + self.senders), self.messages)
            self.incoming.check_totals({0: number, **tasks})
        await crowd.full()
        crowd.inside.remove(self)
        await self.finish()

    async def until(self, condition):
        while not condition():
            self.progress.clear()
            await self.progress.wait()

    def message(self, number):
        size = int(self.size ** self.random.random())  # of each order of magnitude as many
        text = self.random.random() < 0.5
        return make(self.number, 0, number, size // 4 if text else size, text)

    async def send(self, message):
        await self.until(lambda: len(self.echoes) < IN_FLIGHT)
        self.echoes.append(message)
        self.tally['sent'] += 1
        first = self.protocol.send_text if isinstance(message, str) else self.protocol.send_binary
        data = raw(message)
        cuts = self.cuts(len(data), 0.3)
        for start, stop in zip([None, *cuts], [*cuts, None]):
            put = first if start is None else self.protocol.send_continuation
            put(data[start:stop], fin=stop is None)
            if self.random.random() < 0.2:
                payload = self.random.randbytes(self.random.choice([0, 4, 125]))
                self.protocol.send_ping(payload)
                self.pongs.append(payload)
            await self.flush()

    # How it ends

    async def finish(self):
        if self.way == 'bye':
            self.close_code = 1000
            self.protocol.send_text(b'bye')
            await self.flush()
        elif self.way in ('close', 'early-close'):
            self.close_code = self.random.randint(4000, 4999)
            self.protocol.send_close(self.close_code, 'enough')
            await self.flush()
        else:
            self.close_code = 1006
            async with self.writing:
                if self.way.startswith('frame'):
                    self.protocol.send_binary(bytes(self.random.randint(0, self.size)))
                self.cut()

    def cut(self):
        """Send a part of what is to be sent, and no more."""
        self.silent = True
        data = b''.join(self.protocol.data_to_send())
        if data:
            ends = [len(data) - 6]  # Microdot can do without the last line of a request
            if self.way not in CUT_HANDSHAKES:
                ends = [min(len(data), 14), len(data)]  # as often in the header as behind it
            self.writer.write(data[: self.random.randrange(self.random.choice(ends))])
        if self.way == 'half-close':
            self.writer.write_eof()
        elif self.way.endswith('rst'):
            s = self.writer.get_extra_info('socket')
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
            self.writer.transport.abort()
        else:
            self.writer.close()
