"""A Topics through an MQTT broker: Relay, over a broker of memory; and what mqtt_as has."""

import asyncio
import unittest

from connection import frames_to, open_websocket
from frames import BINARY, TEXT
from memory_stream import run, settle
from microdot import microdot
from microdot_websocket.relay import MqttAs, Relay, matches

FIN = 0x80


class Broker:
    """What adapters of this process share: all get all, the sender too."""

    def __init__(self):
        self.clients = []
        self.seen = []
        self.fails = []  # what the next connections raise

    async def send(self, topic, payload):
        self.seen.append((topic, payload))
        for client in list(self.clients):
            for name in client.relay.filters:
                if matches(name, topic):
                    await client.relay.receive(topic, payload)

    def stop(self, error=None):
        for client in self.clients:
            client.error = error
            client.lost.set()


class Adapter:
    """Of a relay, to that broker."""

    def __init__(self, broker):
        self.broker = broker
        self.refuse = []  # what publish() raises
        self.after = None  # another one, which connects first
        self.relay = None

    async def publish(self, topic, payload, qos):
        if self.refuse:
            raise self.refuse.pop(0)
        await self.broker.send(topic, payload)

    async def run(self, relay):
        self.relay = relay
        if self.broker.fails:
            raise self.broker.fails.pop(0)
        while self.after and self.after not in self.broker.clients:
            await asyncio.sleep(0)
        self.lost = asyncio.Event()
        self.error = None
        self.broker.clients.append(self)
        relay.up()
        try:
            await self.lost.wait()
        finally:
            self.broker.clients.remove(self)
        if self.error:
            raise self.error


class World:
    """Some relays, which run, with a member each: `async with`."""

    def __init__(self, n=2, **options):
        self.broker = Broker()
        options.setdefault('min_delay', 0.001)
        self.relays = [Relay(Adapter(self.broker), 'chat', **options) for _ in range(n)]

    async def __aenter__(self):
        self.members = []
        self.peers = []
        for relay in self.relays:
            ws, peer = await open_websocket()
            relay.add(ws)
            self.members.append(ws)
            self.peers.append(peer)
        self.tasks = [asyncio.create_task(relay.run()) for relay in self.relays]
        await settle()
        return self

    async def __aexit__(self, *_):
        for task in self.tasks:
            task.cancel()
        await settle()

    def frames(self):
        return [frames_to(peer) for peer in self.peers]


async def until(condition):
    """Let others run until it holds; at most some seconds."""
    for _ in range(2000):
        if condition():
            return
        await asyncio.sleep(0.002)
    raise AssertionError('it does not come')


class TestRelay(unittest.TestCase):
    def test_all_get_it_once(self):
        """The sender's own members, and those of the other servers, as text or binary."""

        async def main():
            async with World(3) as world:
                await world.relays[0].send('h\u00e9llo')
                await world.relays[1].send(b'\xff\0')
                await world.relays[2].send(bytearray(b'abc'), exclude=world.members[2])
                await world.relays[2].send('', exclude=world.members[2])
                await settle()
                expected = [
                    (FIN | TEXT, 'h\u00e9llo'.encode()),
                    (FIN | BINARY, b'\xff\0'),
                    (FIN | BINARY, b'abc'),
                    (FIN | TEXT, b''),
                ]
                frames = world.frames()
                self.assertEqual(frames[:2], [expected, expected])
                self.assertEqual(frames[2], expected[:2])
                ids = [relay.id for relay in world.relays]
                self.assertEqual(len(set(ids)), 3)
                self.assertEqual(
                    world.broker.seen[:2],
                    [
                        ('chat/%s/text' % ids[0], 'h\u00e9llo'.encode()),
                        ('chat/%s/binary' % ids[1], b'\xff\0'),
                    ],
                )

        run(main())

    def test_topics(self):
        async def main():
            async with World() as world:
                one, two = world.relays
                two.subscribe(world.members[1], 'room/one')
                one.subscribe(world.members[0], 'room/two')
                await one.publish('room/one', 'a')
                await one.publish('room/two', 'b')
                await one.publish('room', 'c')
                await one.publish('', 'd')
                await settle()
                self.assertEqual(world.frames(), [[(FIN | TEXT, b'b')], [(FIN | TEXT, b'a')]])
                topics = ['a/#', '+', 'a\0b', 'a\n', '\x85', chr(0xFDD0), chr(0x1FFFE), '/' * 101]
                for topic in topics + ['x' * 15001]:
                    with self.assertRaises(ValueError):
                        await one.publish(topic, 'x')
                await one.publish('/' * 100, 'x')

        run(main())

    def test_names(self):
        for name in '', 'a/+', '#', '\0':
            with self.assertRaises(ValueError):
                Relay(None, name)
        for plain in '# a/# a/+/binary a/x/text a/+/text/+ +/+/+/room a/x/#'.split():
            for given in plain, ('x', plain):
                with self.assertRaises(ValueError):
                    Relay(None, 'a', plain=given)
        for plain in 'a a/ a/+ a/x/json a/x/texts a/text/x b/#'.split():
            Relay(None, 'a', plain=plain)
        relay = Relay(None, 'a/b', plain='c/#')
        self.assertEqual(relay.filters, ('a/b/+/binary/#', 'a/b/+/text/#', 'c/#'))
        self.assertEqual(Relay(None, 'a', plain=['b', 'c']).filters[2:], ('b', 'c'))

    def test_data_of_another_type(self):
        async def main():
            async with World() as world:
                with self.assertRaises(TypeError):
                    await world.relays[0].send(5)
                await world.relays[0].send('x')
                await settle()
                self.assertEqual(world.frames(), [[(FIN | TEXT, b'x')]] * 2)

        run(main())

    def test_what_it_sends_is_a_copy(self):
        async def main():
            async with World() as world:
                world.relays[0].up(False)
                data = bytearray(b'abc')
                await world.relays[0].send(data)
                data[0] = 0
                world.relays[0].up()
                await settle()
                self.assertEqual(world.frames()[1], [(FIN | BINARY, b'abc')])

        run(main())

    def test_what_is_not_its_own_is_ignored(self):
        async def main():
            async with World() as world:
                relay = world.relays[0]
                for topic in (
                    'chat',
                    'chat/',
                    'chat/x',
                    'chat/x/json',
                    'chat/text',
                    'chats/x/text',
                    'other/x/text',
                    b'other/x/text',
                    b'\xff',
                ):
                    await relay.receive(topic, b'x')
                await relay.receive('chat/x/text', b'\xff')  # no UTF-8
                self.assertEqual(world.frames()[0], [])
                self.assertEqual(relay.dropped, 2)
                await relay.receive(b'chat/x/text', memoryview(b'a'))
                await relay.receive('chat/x/binary', memoryview(b'b'))
                self.assertEqual(world.frames()[0], [(FIN | TEXT, b'a'), (FIN | BINARY, b'b')])

        run(main())


class TestPlain(unittest.TestCase):
    def test_other_devices(self):
        async def main():
            async with World(1, plain=('sensors/#', '+/door')) as world:
                relay = world.relays[0]
                (ws,) = world.members
                relay.subscribe(ws, 'sensors/a')
                await world.broker.send('sensors/a', b'{"temp": 21.5}')
                await world.broker.send('sensors/b', b'nobody')
                await world.broker.send('other/a', b'not of its filters')
                await world.broker.send('sensors/a', b'\xff')
                relay.subscribe(ws, '+/door')
                relay.subscribe(ws, 'sensors/#')  # it gets each once, all the same
                await relay.receive('sensors/door', b'open')
                await relay.receive('sensors/a', b'22')
                self.assertEqual(
                    frames_to(world.peers[0]),
                    [
                        (FIN | TEXT, b'{"temp": 21.5}'),
                        (FIN | BINARY, b'\xff'),
                        (FIN | TEXT, b'open'),
                        (FIN | TEXT, b'22'),
                    ],
                )

        run(main())

    def test_convert(self):
        def convert(topic, payload):
            if payload == b'bad':
                raise KeyError('of the application')
            return None if payload == b'no' else '%s %s' % (topic, payload.decode())

        async def main():
            async with World(1, plain='sensors/#', convert=convert) as world:
                relay = world.relays[0]
                relay.subscribe(world.members[0], 'sensors/#')
                printed = []
                print_exception, microdot.print_exception = (
                    microdot.print_exception,
                    printed.append,
                )
                try:
                    for payload in b'1', b'no', b'bad', b'2':
                        await relay.receive('sensors/a', payload)
                finally:
                    microdot.print_exception = print_exception
                self.assertEqual([type(exc) for exc in printed], [KeyError])
                self.assertEqual(
                    frames_to(world.peers[0]),
                    [(FIN | TEXT, b'sensors/a 1'), (FIN | TEXT, b'sensors/a 2')],
                )

        run(main())

    def test_filters(self):
        """Those of MQTT 3.1.1, section 4.7.1."""
        for name, topic, expected in (
            ('a/b', 'a/b', True),
            ('a/b', 'a/b/c', False),
            ('a/b', 'a', False),
            ('a/#', 'a', True),
            ('a/#', 'a/b/c', True),
            ('a/#', 'ab', False),
            ('#', 'a/b', True),
            ('+/+', 'a/b', True),
            ('+', 'a/b', False),
            ('+', 'a', True),
            ('a/+', 'a', False),
            ('a/+', 'a/', True),
            ('a/+/c', 'a/b/c', True),
            ('a/+/c', 'a/b/d', False),
            ('+/b/#', 'a/b', True),
        ):
            self.assertEqual(matches(name, topic), expected, (name, topic))


class TestBroken(unittest.TestCase):
    def test_it_comes_back(self):
        """The members go on meanwhile, and what they say is sent later."""
        retries = []

        async def main():
            options = {'on_retry': lambda *args: retries.append(args), 'max_delay': 0.002}
            async with World(**options) as world:
                one, two = world.relays
                one.client.after = two.client  # or nobody gets what has waited
                for error in OSError(104), None, KeyError(), MemoryError():
                    world.broker.fails = [OSError(111), ValueError('password')]
                    world.broker.stop(error)
                    await settle(3)
                    await one.send('meanwhile')
                    await until(lambda: len(world.broker.clients) == 2 and not one._waiting)
                    await settle()
                    self.assertEqual(world.frames(), [[(FIN | TEXT, b'meanwhile')]] * 2)
                self.assertEqual((one.dropped, one.connected), (0, True))

        run(main())
        kinds = {type(error) for error, _ in retries}
        self.assertEqual(kinds, {OSError, type(None), KeyError, MemoryError, ValueError})
        self.assertTrue(all(0.0005 <= delay <= 0.002 for _, delay in retries), retries)

    def test_what_may_wait_is_bounded(self):
        async def main():
            async with World(max_waiting=1000) as world:
                one = world.relays[0]
                one.up(False)
                for i in range(50):
                    await one.send('%02d' % i)
                self.assertTrue(2 <= len(one._waiting) <= 8, len(one._waiting))
                self.assertEqual(one.dropped, 50 - len(one._waiting))
                await one.send(bytes(2000))  # a single one may be longer
                self.assertEqual(len(one._waiting), 1)
                await one.send('last')
                self.assertEqual(len(one._waiting), 1)
                frames_to(world.peers[0])
                one.up()
                await settle()
                self.assertEqual(world.frames(), [[], [(FIN | TEXT, b'last')]])
                self.assertEqual((one._waiting, one._size), ([], 0))

        run(main())

    def test_only_the_newest_waits(self):
        async def main():
            async with World(latest=True) as world:
                one, two = world.relays
                two.subscribe(world.members[1], 'a')
                two.subscribe(world.members[1], 'b')
                one.up(False)
                for i in range(20):
                    await one.publish('a', str(i))
                    await one.publish('b', b'b' * i)
                one.up()
                await settle()
                self.assertEqual(
                    frames_to(world.peers[1]), [(FIN | TEXT, b'19'), (FIN | BINARY, b'b' * 19)]
                )
                self.assertEqual((one.dropped, one._size), (0, 0))

        run(main())

    def test_the_newest_are_bounded_too(self):
        """They may be longer than what they take the place of."""

        async def main():
            async with World(latest=True, max_waiting=1100) as world:
                one = world.relays[0]
                one.up(False)
                for topic, size in ('a', 1), ('b', 400), ('c', 300), ('a', 300):
                    await one.publish(topic, 'x' * size)
                    self.assertTrue(one._size <= 1100, one._size)
                waiting = [(topic[-1], len(data)) for topic, data in one._waiting]
                self.assertEqual(waiting, [('a', 300), ('c', 300)])  # not what has just come
                one.up()
                await until(lambda: not one._waiting)
                self.assertEqual((one.dropped, one._size), (1, 0))

        run(main())

    def test_what_cannot_be_published(self):
        """Is lost, with qos=1 after three tries; and the next one comes."""

        async def main(qos, errors, dropped):
            async with World(qos=qos) as world:
                one = world.relays[0]
                one.client.refuse = [OSError(32)] * errors
                one.up(False)
                await one.send('a')
                await one.send('b')
                one.up()
                await until(lambda: not one._waiting and one._writer.done())
                expected = [(FIN | TEXT, b'a'), (FIN | TEXT, b'b')]
                self.assertEqual(world.frames(), [expected, expected[dropped:]])
                self.assertEqual((one.dropped, one._size), (dropped, 0))

        run(main(0, 1, 1))
        run(main(1, 2, 0))
        run(main(1, 3, 1))

    def test_no_memory(self):
        async def main():
            async with World() as world:
                one, two = world.relays

                def fail(*args):
                    raise MemoryError

                two.deliver = two.post = fail
                await one.send('a')
                await settle()
                self.assertEqual(two.dropped, 1)
                del two.deliver, two.post
                one._keep = fail
                await one.send('b')
                del one._keep
                self.assertEqual(one.dropped, 1)
                await one.send('c')
                await settle()
                texts = [[payload for _, payload in frames] for frames in world.frames()]
                self.assertEqual(texts, [[b'a', b'b', b'c'], [b'c']])

        run(main())

    def test_no_memory_for_a_task(self):
        """It is made when there is."""

        def fail(coroutine):
            coroutine.close()
            raise MemoryError

        async def main():
            async with World() as world:
                one = world.relays[0]
                create_task, asyncio.create_task = asyncio.create_task, fail
                try:
                    one._offer('x', '')
                    self.assertTrue(one.poll(0) > 0)
                finally:
                    asyncio.create_task = create_task
                self.assertEqual(one._waiting[0][1], b'x')
                await until(lambda: not one._waiting)
                await settle()
                self.assertEqual(one.poll(0), 0)
                self.assertEqual(world.frames()[1], [(FIN | TEXT, b'x')])
                self.assertEqual(one.dropped, 0)

        run(main())

    def test_no_memory_for_a_pause(self):
        errors = [MemoryError()]

        def on_retry(error, delay):
            if errors:
                raise errors.pop()

        async def main():
            async with World(1, on_retry=on_retry) as world:
                world.broker.stop()
                await until(lambda: not errors)
                await until(lambda: world.relays[0].connected)

        run(main())

    def test_it_runs_once(self):
        async def main():
            async with World(1) as world:
                with self.assertRaises(RuntimeError):
                    await world.relays[0].run()
                world.tasks[0].cancel()
                await settle()
                self.assertFalse(world.relays[0].connected)
                await world.relays[0].send('x')
                world.tasks[0] = asyncio.create_task(world.relays[0].run())
                await settle()
                self.assertTrue(world.relays[0].connected)
                self.assertEqual(len(world.broker.seen), 1)

        run(main())

    def test_what_on_retry_raises_ends_it(self):
        def on_retry(error, delay):
            raise KeyError('enough')

        async def main():
            relay = Relay(Adapter(Broker()), 'a', on_retry=on_retry)
            relay.client.broker.fails = [OSError(111)]
            with self.assertRaises(KeyError):
                await relay.run()

        run(main())


class Client:
    """The event interface of mqtt_as 0.8: its README, sections 3.2 and 3.3."""

    def __init__(self, broker, fails=()):
        self.up = asyncio.Event()
        self.down = asyncio.Event()
        self.queue = self
        self.broker = broker
        self.fails = list(fails)
        self.messages = []
        self.came = asyncio.Event()
        self.filters = []
        self.is_connected = False

    def __aiter__(self):
        return self

    async def __anext__(self):
        while not self.messages:
            self.came.clear()
            await self.came.wait()
        message = self.messages.pop(0)
        if message is None:
            raise MemoryError
        return message

    def put(self, *message):
        self.messages.append(message)
        self.came.set()

    def isconnected(self):
        return self.is_connected

    def set(self, is_connected):
        self.is_connected = is_connected
        (self.up if is_connected else self.down).set()

    async def connect(self):
        if self.fails:
            raise self.fails.pop(0)
        self.set(True)

    async def subscribe(self, topic, qos=0, properties=None):
        self.filters.append((topic, qos))

    async def publish(self, topic, msg, retain=False, qos=0, properties=None):
        len(topic) + len(memoryview(topic)) + len(memoryview(msg))
        self.broker.append((topic, msg, retain, qos))


class TestMqttAs(unittest.TestCase):
    def test_it_needs_events(self):
        with self.assertRaises(ValueError):
            MqttAs(object())

    def test_up_and_down(self):
        async def main():
            published = []
            client = Client(published, [OSError(113)])
            relay = Relay(MqttAs(client), 'chat', qos=1, min_delay=0.001)
            ws, peer = await open_websocket()
            relay.add(ws)
            task = asyncio.create_task(relay.run())
            await until(lambda: relay.connected)
            filters = [(b'chat/+/binary/#', 1), (b'chat/+/text/#', 1)]
            self.assertEqual(client.filters, filters)
            await relay.send('\u00e9')
            client.put(b'chat/x/text', b'one', False)
            client.put(b'chat/x/binary', b'two', True, {1: 2})
            await settle()
            self.assertEqual(
                published, [(b'chat/' + relay.id.encode() + b'/text', b'\xc3\xa9', False, 1)]
            )
            client.set(False)
            await settle()
            self.assertFalse(relay.connected)
            await relay.send('three')
            await settle()
            self.assertEqual(len(published), 1)
            client.set(True)
            await settle()
            self.assertTrue(relay.connected)
            self.assertEqual(client.filters, filters * 2)
            self.assertEqual(published[1][1], b'three')
            payloads = [payload for _, payload in frames_to(peer)]
            self.assertEqual(payloads, [b'\xc3\xa9', b'one', b'two', b'three'])
            task.cancel()
            await settle()
            # It is still connected, and nothing comes from it.
            client.put(b'chat/x/text', b'four', False)
            await settle()
            self.assertEqual(frames_to(peer), [])
            task = asyncio.create_task(relay.run())
            await until(lambda: peer.sent)
            self.assertEqual([payload for _, payload in frames_to(peer)], [b'four'])
            task.cancel()
            await settle()

        run(main())

    def test_no_memory_to_read(self):
        async def main():
            client = Client([])
            relay = Relay(MqttAs(client), 'chat')
            ws, peer = await open_websocket()
            relay.add(ws)
            task = asyncio.create_task(relay.run())
            client.messages.append(None)
            client.put(b'chat/x/text', b'one', False)
            await until(lambda: peer.sent)
            self.assertEqual(frames_to(peer), [(FIN | TEXT, b'one')])
            task.cancel()
            await settle()

        run(main())

    def test_the_wifi_stays(self):
        class WLAN:
            is_connected = False
            connected = []

            def isconnected(self):
                return self.is_connected

            def connect(self, *args):
                self.connected.append(args)

            def disconnect(self):
                raise AssertionError('it was disconnected')

        client = Client([])
        wlan = client._sta_if = WLAN()
        MqttAs(client)
        client._sta_if.connect('a', 'b')
        wlan.is_connected = True
        client._sta_if.connect('a', 'b')
        client._sta_if.disconnect()
        self.assertEqual(wlan.connected, [('a', 'b')])
        self.assertTrue(client._sta_if.isconnected())
