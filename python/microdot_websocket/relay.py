"""One ``Topics`` for any number of boards and servers, through an MQTT broker: ``Relay``.

A message goes to the broker with nothing added to it. Who has sent it, what it is and its topic are
in MQTT's topic: ``name/id/text`` or ``name/id/binary``, and ``/topic`` behind that if it has one.
So other MQTT devices can read it, and a server knows its own messages when they come back, which
MQTT 3.1.1 does not spare it.

The MQTT client is the application's. What stands between has two methods, as ``MqttAs`` below:

``async def run(relay)``
    connects, subscribes to all of ``relay.filters`` with ``relay.qos``, calls ``relay.up()``, and
    from then on ``await relay.receive(topic, payload)`` with each message. It returns, or raises
    what has gone wrong, when the connection is lost, and is called again; or it connects again
    itself, and calls ``relay.up(False)`` meanwhile.
``async def publish(topic, payload, qos)``
    sends a message, str and bytes, or raises an error.
"""

import asyncio
import os
from binascii import hexlify

from . import timer
from .features.ended import report
from .topics import Topics
from .websocket import const

if False:  # for type checkers alone
    from collections.abc import Callable, Collection
    from typing import Any

    from ._types import Data
    from .websocket import WebSocket


_MAX_WAITING = 1 << 14 if timer.core else 1 << 20  # bytes: of a board, and of CPython
_OVERHEAD = const(100)  # bytes of memory that a message takes besides its own
_ATTEMPTS = const(3)
# Of a topic that a page may pick: MQTT has two bytes for the length of all, of which a character
# takes up to four; and mosquitto ends the connection of who publishes below 200 others.
_LONGEST = const(15000)
_DEEPEST = const(100)
_AGAIN = const(100)  # milliseconds
_KINDS = 'binary', 'text'


class Relay(Topics):
    """A ``Topics`` whose messages go through an MQTT broker, so that members of any number of
    boards and servers get them::

        from microdot_websocket.relay import MqttAs, Relay

        chat = Relay(MqttAs(client), 'chat')  # on CPython: Relay(Aiomqtt('10.0.0.4'), 'chat')


        @app.route('/chat')
        @with_websocket
        async def join(request, ws):
            chat.add(ws)
            async for message in ws:
                await chat.send(message)


        asyncio.create_task(chat.run())

    :param client: what speaks MQTT: an ``MqttAs``, an ``Aiomqtt``, or an adapter of your own.
    :param name: a topic of MQTT below which its messages are: the same on all that share them.
    :param plain: filters of MQTT topics, as ``('sensors/#',)``, of what other devices publish. Who
                  subscribes to such a topic, ``relay.subscribe(ws, 'sensors/door')``, or to the
                  filter as it stands here, gets its payloads: as str, or bytes if they are no
                  UTF-8.
    :param convert: a function that is called with the topic and payload of what other devices
                    publish, str and bytes, and returns what members get in its place, or None if
                    that is nothing.
    :param qos: 0: a message gets lost with the connection to the broker; 1: it is sent up to three
                times until the broker has it, so that it may come twice.
    :param max_waiting: bytes of messages that may wait for the broker, each counted with its topic
                        and 100 more. Beyond that, and while the broker is away, the oldest are
                        dropped. 16 KiB by default, 1 MiB on CPython; 0: no limit. With ``latest``
                        only the newest of each topic waits.
    :param min_delay: seconds before ``run()`` tries again, 1 by default. It doubles with each
                      failure, and is by chance up to a half shorter.
    :param max_delay: seconds, the longest wait: 60 by default.
    :param on_retry: a function that is called before each wait with its reason, an exception or
                     None, and its length in seconds. What it raises ends ``run()``.
    :param options: those of ``Topics``.

    Members get a message of their own server at once, and go on without the broker. ``connected``
    tells whether it is there; ``dropped`` counts the messages that were not sent to it, or for
    which there was no memory when they came. The broker is trusted: what it sends reaches the
    members. ValueError: ``name`` has a wildcard in it, or is empty; a ``plain`` filter has the
    relay's own messages in it.
    """

    def __init__(
        self,
        client: 'Any',
        name: str,
        plain: 'Collection[str]' = (),
        convert: 'Callable[[str, bytes], Data | None] | None' = None,
        qos: int = 0,
        max_waiting: int = _MAX_WAITING,
        min_delay: float = 1,
        max_delay: float = 60,
        on_retry: 'Callable[[Exception | None, float], Any] | None' = None,
        **options: 'Any',
    ) -> None:
        super().__init__(**options)
        if not name:
            raise ValueError('a relay needs a name')
        _check(name)
        self.client = client
        self._prefix = name + '/'
        self.plain = (plain,) if isinstance(plain, str) else tuple(plain)
        # 'a/#' is 'a' and all below it.
        own = tuple([self._prefix + '+/' + kind + '/#' for kind in _KINDS])
        for item in self.plain:
            if matches(item, own[0]) or matches(item, own[1]):  # it would come twice
                raise ValueError("'%s' has the relay's own messages in it" % item)
        self.filters = own + self.plain  # what to subscribe to
        self.convert = convert
        self.qos = qos
        self.max_waiting = max_waiting
        self.min_delay = min_delay
        self.max_delay = max_delay
        self.on_retry = on_retry
        self.connected = False
        self.dropped = 0
        self.id = hexlify(os.urandom(4)).decode()  # of this server
        self._waiting: list[tuple[str, bytes]] = []  # MQTT's topic, the message
        self._size = 0  # of them
        self._writer: Any = None  # the task that sends them
        self._running = False
        self._delay: float = 0
        # A watch of the timer: these are here so that to set it takes no memory.
        self.expires = self.next = None
        self.start = 0

    async def send(self, data: 'Data', exclude: 'WebSocket | None' = None) -> None:
        """Send a message to all connections of all servers, but for ``exclude``.

        :param data: as of ``Group.send()``.

        Nobody is waited for, the broker included. TypeError, MemoryError: as of ``Group.send()``.
        """
        self._offer(data, '')
        await super().send(data, exclude)

    async def publish(self, topic: str, data: 'Data', exclude: 'WebSocket | None' = None) -> None:
        """Send a message to all who subscribe to the topic, on any server, but for ``exclude``.

        :param topic, data: as of ``Topics.publish()``.

        ValueError: the topic has a wildcard of MQTT in it, or a control character; or it has more
        than 15,000 characters, or 100 slashes.
        """
        _check(topic)  # a page may have picked it
        self._offer(data, '/' + topic)
        await super().publish(topic, data, exclude)

    def _offer(self, data: 'Any', topic: str) -> None:
        """Let a message wait for the broker."""
        try:
            is_text = isinstance(data, str)
            path = self._prefix + self.id + '/' + _KINDS[is_text] + topic
            payload = data.encode() if is_text else bytes(memoryview(data))
            self._keep((path, payload))
        except MemoryError:
            self.dropped += 1

    def _keep(self, message: tuple[str, bytes]) -> None:
        waiting = self._waiting
        self._put(message)
        self._size += _size(message)
        while len(waiting) > 1 and self._size > self.max_waiting > 0:
            self._take(1 if waiting[0] is message else 0)
            self.dropped += 1
        self._write()

    def _put(self, message: tuple[str, bytes]) -> None:
        """Append it, or in place of the one before of its topic."""
        if self.latest:
            for i, before in enumerate(self._waiting):
                if before[0] == message[0]:
                    self._waiting[i] = message
                    self._size -= _size(before)
                    return
        self._waiting.append(message)

    def _take(self, index: int = 0) -> tuple[str, bytes]:
        message = self._waiting.pop(index)
        self._size -= _size(message)
        return message

    def _has_to_write(self) -> bool:
        idle = not self._writer or self._writer.done()
        return self.connected and idle and len(self._waiting) > 0

    def _write(self) -> None:
        """Send what waits, if nobody does."""
        if self._has_to_write():
            try:
                self._writer = asyncio.create_task(self._write_all())
            except MemoryError:
                timer.set(self, _AGAIN)

    def poll(self, time: int) -> int:
        """Of the timer: there may be memory for that task now."""
        self._write()
        return _AGAIN if self._has_to_write() else 0

    async def _write_all(self) -> None:
        # No task that waits for messages: it would have to live through a lack of memory.
        tries = 0
        while self.connected and self._waiting:
            message = self._take()
            try:
                await self.client.publish(message[0], message[1], self.qos)
                tries = 0
            except Exception:  # lost, as run() will see; or nothing that the broker takes
                tries += 1
                if self.qos and tries < _ATTEMPTS:
                    self._waiting.insert(0, message)
                    self._size += _size(message)
                else:
                    self.dropped += 1
                    tries = 0
                await asyncio.sleep(self.min_delay)

    async def run(self) -> None:
        """Connect to the broker, and again whenever the connection is lost, until the task is
        cancelled. RuntimeError: it runs already."""
        if self._running:
            raise RuntimeError('this relay runs already')
        self._running = True
        try:
            while True:
                error = None
                try:
                    await self.client.run(self)
                except Exception as exc:
                    error = exc
                self.up(False)
                try:
                    await self._pause(error)
                except MemoryError:
                    await asyncio.sleep(1)  # which takes none
        finally:
            self.up(False)
            self._running = False
            if self._writer:
                self._writer.cancel()

    async def _pause(self, error: 'Exception | None') -> None:
        self._delay = min(2 * self._delay or self.min_delay, self.max_delay)
        # As of connect(): not all that share a broker come back at once.
        delay = self._delay * (256 + os.urandom(1)[0]) / 512
        if self.on_retry:
            self.on_retry(error, delay)
        await asyncio.sleep(delay)

    def up(self, connected: bool = True) -> None:
        """For adapters: the broker is there, and all is subscribed to; or it is gone."""
        self.connected = connected
        if connected:
            self._delay = 0
            self._write()

    async def receive(self, topic: 'str | bytes', payload: 'Any') -> None:
        """For adapters, and applications that read from their client themselves: a message has come
        from the broker. What is none of the relay's, and of no ``plain`` filter, is ignored. It
        raises nothing, and waits for nobody, as ``publish()``.

        :param topic: MQTT's, as str, or bytes in UTF-8.
        :param payload: bytes, bytearray or memoryview.
        """
        try:
            if not isinstance(topic, str):
                topic = str(topic, 'utf-8')
            if topic.startswith(self._prefix):
                levels = topic[len(self._prefix) :].split('/', 2)
                if len(levels) > 1 and levels[1] in _KINDS:
                    if levels[0] != self.id:  # else its members have it
                        data = str(payload, 'utf-8') if levels[1] == 'text' else payload
                        if len(levels) > 2:
                            await super().publish(levels[2], data)
                        else:
                            await super().send(data)
                    return
            await self._receive_plain(topic, payload)
        except MemoryError:
            self.dropped += 1
        except UnicodeError:
            self.dropped += 1
        except Exception as exc:  # of convert()
            report(exc)

    async def _receive_plain(self, topic: str, payload: 'Any') -> None:
        matching = [name for name in self.plain if matches(name, topic)]
        if not matching:
            return
        if self.convert:
            data: Any = self.convert(topic, payload)
            if data is None:
                return
        else:
            try:
                data = str(payload, 'utf-8')
            except UnicodeError:
                data = payload
        subscribers = list(self.subscribers(topic))
        for name in matching:
            for observer in self.subscribers(name):
                if observer not in subscribers:
                    subscribers.append(observer)
        await self.deliver(topic, subscribers, data)


def _size(message: tuple[str, bytes]) -> int:
    return len(message[0]) + len(message[1]) + _OVERHEAD


def _check(topic: str) -> None:
    """ValueError: it has a wildcard in it, or what a broker may end the connection for (MQTT 3.1.1,
    section 1.5.3): a surrogate, a control character, or a code that is no character; or too many of
    them."""
    if len(topic) > _LONGEST or topic.count('/') > _DEEPEST:
        raise ValueError('a topic is too long for MQTT')
    for c in topic:
        n = ord(c)
        if c in '#+' or n < 32 or 127 <= n < 160 or 0xD800 <= n < 0xE000:
            break
        if 0xFDD0 <= n < 0xFDF0 or n & 0xFFFE == 0xFFFE:
            break
    else:
        return
    raise ValueError('%r is no topic that MQTT can publish' % topic)


def matches(name: str, topic: str) -> bool:
    """Whether a filter of MQTT, with ``+`` and ``#``, is of a topic (MQTT 3.1.1, section 4.7); or,
    of another filter, whether there is a topic that both are of."""
    levels = topic.split('/')
    parts = name.split('/')
    for i, part in enumerate(parts):
        level = levels[i] if i < len(levels) else None
        if part == '#' or level == '#':
            return True
        if level is None or (part != level and part != '+' and level != '+'):
            return False
    return len(parts) == len(levels) or levels[len(parts) :] == ['#']


class MqttAs:
    """The ``MQTTClient`` of ``mqtt_as``, on a board: https://github.com/peterhinch/micropython-mqtt

    :param client: with its event interface, that is ``config['queue_len']`` above 0: so many
                   messages may wait, beyond which it drops the oldest.

    From then on the relay reads from ``client.queue``, and waits for ``client.up`` and
    ``client.down``; the application may publish. The client comes back by itself, but does not take
    down the Wi-Fi for that, as it does else: pages of this board go on. ValueError: it has no
    ``queue``.
    """

    def __init__(self, client: 'Any') -> None:
        if not hasattr(client, 'queue'):
            raise ValueError("mqtt_as needs config['queue_len'] > 0")
        self.client = client
        self._known = False  # whether it has been connected once
        wlan = getattr(client, '_sta_if', None)
        if wlan:
            client._sta_if = _Wifi(wlan)

    async def publish(self, topic: str, payload: bytes, qos: int) -> None:
        # mqtt_as takes a str's length for that of its bytes.
        await self.client.publish(topic.encode(), payload, False, qos)

    async def run(self, relay: Relay) -> None:
        client = self.client
        if not self._known:
            await client.connect()
            self._known = True
        elif client.isconnected():
            client.up.set()  # after an error, or a run that was cancelled
        reader = asyncio.create_task(self._read(relay))
        try:
            while True:
                await client.up.wait()
                client.up.clear()
                for name in relay.filters:
                    await client.subscribe(name.encode(), relay.qos)
                relay.up()
                await client.down.wait()
                client.down.clear()
                relay.up(False)
        finally:
            reader.cancel()

    async def _read(self, relay: Relay) -> None:
        while True:
            try:
                async for message in self.client.queue:
                    await relay.receive(message[0], message[1])
            except Exception:  # no memory
                await asyncio.sleep(1)


class _Wifi:
    """A ``network.WLAN`` that stays connected."""

    def __init__(self, wlan: 'Any') -> None:
        self._wlan = wlan

    def __getattr__(self, name: str) -> 'Any':
        return getattr(self._wlan, name)

    def connect(self, *args: 'Any') -> None:
        if not self._wlan.isconnected():
            self._wlan.connect(*args)

    def disconnect(self) -> None:
        pass


if not timer.core:
    from .cpython.aiomqtt import Aiomqtt as Aiomqtt
