"""The connection object of Microdot's API: ``protocol.py`` over ``stream.py``, with asyncio."""

import asyncio

from microdot import Request
from microdot.microdot import HTTPException

from . import handshake
from . import protocol as rfc
from .protocol import const
from .stream import open_stream

# Of protocol.py, whose values these are: so they take no RAM and no look-ups on a board.
_TEXT = const(1)
_BINARY = const(2)
_CLOSE = const(8)
_PING = const(9)
_PONG = const(10)
_NORMAL = const(1000)
_ABNORMAL = const(1006)
_POLICY_VIOLATION = const(1008)
_TOO_BIG = const(1009)
_MAX_LENGTH = const(0x3FFFFFFF)

BUFFERS = bytes, bytearray, memoryview
_BURST = const(32)  # reads and writes without waiting, before other tasks get their turn


class WebSocketError(HTTPException):
    """The WebSocket connection has ended, by the peer or by an error.

    ``code``: the close code (RFC 6455, section 7.4.1): the peer's, or the one it was sent; 1005 if
    the peer gave none, 1006 if the connection was lost without a Close. ``reason``: str.

    It is an HTTPException so that one which leaves a handler ends the request quietly: Microdot
    prints a traceback for any other exception.
    """

    def __init__(self, reason='', code=_ABNORMAL):
        super().__init__(code, reason)
        self.code = code
        self.reason = reason

    def __str__(self):
        return '%s (%d)' % (self.reason or 'connection closed', self.code)

    def __repr__(self):
        return 'WebSocketError: ' + str(self)


class WebSocket:
    """A WebSocket connection, handed to handler functions.

    :param request: the Microdot ``Request`` that asks for the upgrade.
    """

    CONT = 0
    TEXT = _TEXT
    BINARY = _BINARY
    CLOSE = _CLOSE
    PING = _PING
    PONG = _PONG

    #: The longest message, in bytes over all its fragments, that ``receive()`` accepts; a longer
    #: one is refused with close code 1009. 0: no limit; -1: ``Request.max_body_length``. A class
    #: attribute, for connections from then on, that may be set on an open one too.
    max_message_length = -1

    #: Seconds in which a client must have sent its whole request, and one more for each KiB of
    #: ``Request.max_body_length``; else it is answered 400. 0: no limit. A class attribute only.
    handshake_timeout = 10

    #: The most fragments that a message may come in; more are refused with close code 1008. 0: no
    #: limit.
    max_fragments = 1 << 17

    #: Seconds in which a frame that has begun to arrive must be complete, or bring another 1024
    #: bytes; else the connection is closed with code 1008. 0: no limit.
    frame_timeout = 10

    #: Seconds for which a client may take none of the data that waits to be sent to it; then it is
    #: dropped. 0: no limit.
    send_timeout = 20

    #: Seconds to wait for the peer's Close after sending one.
    close_timeout = 2

    #: Bytes that are read at once; 16384 where at least 1 MiB of memory is free at the import. A
    #: connection takes such a buffer when something arrives, and gives it back when it waits for
    #: the next frame. Longer payloads do not pass through it.
    read_buffer_size = 2048

    _stream = None  # until the handshake is done
    _in_process = False  # a client like Microdot's TestClient, with no closing handshake
    _turn = None  # a Lock, made when a task first has to wait until it may send
    _flushing = 0  # tasks that hold it or wait for it
    _fragments = None  # see _fragments.py
    _more_came = True  # the last read filled its buffer, or did not have to wait
    _receiving = False  # True while a task is in receive(); an Event if close() waits for its end
    _reading = False  # and waits for bytes
    _timed_out = False  # for the task in receive(), when it is woken
    _ended = False  # nothing more will be read
    _end = ('', _NORMAL)  # reason and code of the WebSocketErrors from then on
    _exit_code = _NORMAL  # for close() without a code

    def __init__(self, request):
        #: The Microdot ``Request`` that was upgraded, None in a client.
        self.request = request
        #: True once a Close was sent, or the connection was lost: nothing can be sent any more.
        self.closed = False
        self._burst = 0  # reads and writes since this task last waited
        self._watch = None  # see _deadlines.py
        # receive() finds them faster here than in the class.
        self.max_message_length = self.max_message_length
        self.max_fragments = self.max_fragments

    def __getattr__(self, name):
        # The rest of the API takes no memory until it is used.
        from ._more import attribute

        return attribute(self, name)

    async def handshake(self, negotiate=None):
        """Answer the upgrade request; HTTPException 400 or 426 if it is not a proper one.

        ``negotiate``: of ``_options.py``, if there are any.
        """
        request = self.request
        reader, writer = request.sock
        in_process = not hasattr(writer, 'write')  # Microdot's TestClient has only awrite()
        refusal = handshake.refusal(request, in_process)
        if refusal:
            request.app.abort(*refusal)
        # All that needs memory comes first: if there is none, the answer is still Microdot's 500.
        protocol = rfc.Protocol(self.read_buffer_size, not in_process)
        stream = open_stream(reader, writer)
        headers = b''
        if negotiate:
            protocol, stream, headers = negotiate(protocol, stream)
        try:
            await writer.awrite(handshake.response(request, headers))
        except OSError:
            raise self._lost()
        self._protocol = protocol
        self._stream = stream
        self._in_process = in_process

    async def receive(self):
        """The next message: str for TEXT, bytes for BINARY.

        Answers pings and the peer's Close on the way (RFC 6455, section 5.5). Other tasks run when
        it has to wait, and at least once in 32 reads. It may be cancelled, as by
        ``asyncio.wait_for()``, and loses nothing. WebSocketError: the connection has ended, by this
        end too: code 1002 after a frame that breaks the protocol, 1007 after text that is not
        UTF-8, 1008 or 1009 after one of the limits. RuntimeError: another task is receiving.
        """
        if self._receiving:
            raise RuntimeError('another task is receiving')
        protocol = self._protocol
        stream = self._stream
        limit = self.max_message_length
        if limit <= 0:
            limit = Request.max_body_length if limit else _MAX_LENGTH
        protocol.limit = limit
        protocol.max_fragments = self.max_fragments
        self._receiving = True
        end = None  # code and reason, if it is this end that has to close
        try:
            while not self.closed:
                # Nearly always nothing has been left by the message before.
                event = 0
                if protocol._buf or protocol._opcode:
                    event = protocol.next_event()
                if event <= 0:
                    n = None
                    # In the middle of a frame, or while messages are there when they are asked for,
                    # reading costs less than waiting. But others must get their turn.
                    if (event or self._more_came) and self._burst < _BURST:
                        self._burst += 1
                        n = protocol.read(stream.readinto)
                        if event or n is None:
                            self._more_came = False  # behind a long message let some gather
                    if n is None:
                        if event and not self._watch:
                            self._begin_watch()
                        self._burst = 0
                        self._reading = True
                        await stream.readable()
                        n = protocol.read(stream.readinto)
                        if n == protocol.buffer_size and not event:
                            self._more_came = True
                    if n == 0:
                        self._lost()
                    elif n and self._watch:
                        self._watch.received += n
                elif event <= _BINARY:
                    data = protocol.data
                    protocol.data = None  # or it would stay in memory until the next one
                    return data
                elif event == _PING:
                    self._reading = False
                    await self.send(protocol.data, _PONG)
                elif event == _CLOSE:
                    self._ended = True
                    self._end = (protocol.close_reason, protocol.close_code)
                    await self._shut(protocol.close_code, '')
                elif self._watch:
                    self._watch.pong(protocol.data)
        except rfc.ProtocolError as exc:
            end = exc.args
        except MemoryError:
            end = _TOO_BIG, 'out of memory'
        except OSError:
            if self._timed_out:
                end = _POLICY_VIOLATION, 'frame timed out'
            else:
                self._lost()
        finally:
            receiving = self._receiving
            self._receiving = self._reading = False
            if receiving is not True:
                receiving.set()
        if end and not self.closed:
            await self._shut(*end)
        raise self._end_error()

    async def send(self, data, opcode=None):
        """Send a message, or a control frame.

        :param data: str, or bytes, bytearray or memoryview; the last two must not change before
                     the call returns.
        :param opcode: ``ws.TEXT`` for str and ``ws.BINARY`` for bytes unless it is given; or
                       ``ws.PING``, ``ws.PONG`` or ``ws.CLOSE`` (RFC 6455, section 5.5).

        It returns once the system has taken all of the data. Many tasks may send at once. If it is
        cancelled, the message goes out whole, or not at all if it had to wait for another one.
        WebSocketError: the connection has ended. ValueError: a reserved opcode, or a control frame
        of more than 125 bytes. TypeError: data of another type.
        """
        if self.closed:
            raise self._end_error()
        if isinstance(data, str):
            if opcode:
                data = data.encode()
            else:
                opcode = _TEXT
        elif isinstance(data, BUFFERS):
            opcode = opcode or _BINARY
        else:
            raise TypeError('send() takes str or bytes, not %s' % type(data).__name__)
        if opcode > _BINARY:
            rfc.check_sendable(opcode, len(data))
            if opcode == _CLOSE:
                self.closed = True
        try:
            waits = None
            if not self._flushing or self.closed:
                waits = self._stream.write_frame(opcode, data)
            if waits is None:
                await (self._fragments or self)._flush(opcode, data)
                return
            if waits:
                await self._flush()
                return
        except OSError:
            raise self._lost()
        except MemoryError:
            self._lost()  # a part of the frame may be out
            raise
        # Nothing had to wait. A task that only sends would never let another one run.
        self._burst += 1
        if self._burst >= _BURST:
            self._burst = 0
            await asyncio.sleep(0)

    async def close(self, code=None, reason=''):
        """Close the connection: send a Close, wait for the peer's for ``close_timeout`` seconds
        (RFC 6455, section 7).

        :param code: 1000 unless it is given, or 1011 after an exception in the handler; 3000 to
                     4999 are the application's.
        :param reason: str, at most 123 bytes of UTF-8.

        Does nothing on a closed connection. ValueError: a code that may not be sent, a reason that
        is too long.
        """
        if not self.closed:
            await self._shut(code or self._exit_code, reason)
        elif not self._ended:  # the application sent the Close itself, or another task did
            await self._finish()
        self._stop()
        if self._watch:
            self._watch.end()

    async def _flush(self, opcode=0, data=None):
        """Wait until what has been written is sent; write a frame behind it, and wait for that."""
        if not self._watch:
            self._begin_watch()
        if not self._turn:
            self._turn = asyncio.Lock()
        stream = self._stream
        self._flushing += 1
        try:
            async with self._turn:
                await stream.flush()
                if data is not None:
                    if self.closed:
                        raise self._end_error()
                    if stream.write_frame(opcode, data):
                        await stream.flush()
        finally:
            self._flushing -= 1

    def _begin_watch(self):
        if not self._in_process:
            from ._deadlines import watch

            self._watch = watch(self)

    async def _shut(self, code, reason):
        """Send a Close; unless the peer's has come, wait for it. Raises only ValueError."""
        payload = rfc.close_payload(code, reason)
        self.closed = True
        if not self._ended:
            self._end = (reason, code)
            self._ended = self._in_process
        try:
            waits = self._stream.write_frame(_CLOSE, payload)
        except OSError:
            self._lost()
        else:
            if waits or not self._ended:
                await self._finish(waits)

    async def _finish(self, waits=False):
        from ._closing import finish

        await finish(self, waits)

    def _lost(self, reason='connection lost'):
        """The connection broke; the WebSocketError to raise."""
        if not self._ended and not self.closed:
            self._end = (reason, _ABNORMAL)
        self.closed = self._ended = True
        self._stop()
        return self._end_error()

    def _stop(self):
        """End what other tasks are waiting for; nothing more will be read."""
        if self._stream:
            self._stream.abort()
            self._protocol.release()

    def _end_error(self):
        if self._watch:
            self._watch.end()
        return WebSocketError(*self._end)
