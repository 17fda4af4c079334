"""What is done while an allocation fails: each phase takes the process and two functions, arm() to
be called when all that must not fail is done, and disarm() before what must not.

It returns if all went as without a failure, or raises Ended with how a connection ended.
"""

import time
import zlib

from connection import request_bytes
from frames import BINARY, CONT, PING, PONG, TEXT, frame, pattern

from .peer import HANG, PAUSE, Ended, Wrong

PHASES = {}
BYSTANDERS = 2  # connections: see process.py
SLOW = {  # they wait until a limit has run out
    'half_a_request',
    'keepalive',
    'ping_timeout',
    'send_timeout',
    'close_unanswered',
    'half_a_frame',
    'not_received',
    'close_not_received',
    'received_late',
    'half_a_message',
    'interrupted',
    'shut_down',
    'cancelled',
    'restarted',
}
# They differ little from another one.
ALIKE = {
    'iterated',
    'put_in_time',
    'client_closes_iterated',
    'too_much',
    'too_many_fragments',
    'client_options',
    'client_compressing',
    'client_pings',
    'client_wrapped',
    'client_entered',
    'client_redirected',
    'client_bytes',
    'headers',
    'json',
    'compressed_into',
    'wrapped',
    'too_many',
    'long_head',
}
#: They end the process: each injection has one of its own.
LAST = {'interrupted'}
# How else a connection may end, and what else a handler may see.
ALSO = {
    'ping': {'TimeoutError'},
    # The handler ends with the WebSocketError of its client, or the server of that with an error.
    'client': {'close 1000', 'OSError'},
    'client_options': {'close 1000', 'OSError'},
    'client_refused': {'close 1000', 'OSError'},
    'client_compressing': {'close 1000', 'OSError'},
    'client_pings': {'close 1000', 'OSError'},
    'client_wrapped': {'close 1000', 'OSError'},
    'client_entered': {'close 1000', 'OSError'},
    'client_redirected': {'close 1000', 'OSError'},
    'client_again': {'close 1000', 'OSError'},
    'client_bytes': {'close 1000', 'OSError', 'EOFError'},
    'restarted': {'close 1001'},  # without memory the code is this one, and not 1012
}


def phase(f):
    PHASES[f.__name__] = f
    return f


def alternatives(**cases):
    """More phases of one function, which takes its arguments behind the three."""

    def decorate(f):
        for name, args in cases.items():

            def run(process, arm, disarm, args=args):
                f(process, arm, disarm, *args)

            run.__name__ = name
            phase(run)
        return f

    return decorate


def quiet(disarm):
    time.sleep(PAUSE)
    disarm()


@phase
def accept(process, arm, disarm):
    """From the connection on."""
    arm()
    peer = process.peer()
    peer.echo()
    quiet(disarm)
    peer.over()


@alternatives(
    upgrade=('/upgrade', {}),
    options=('/options', {'Sec_WebSocket_Protocol': 'chat'}),
    pinged=('/pinged', {}),
    compressing=('/compress', {'Sec_WebSocket_Extensions': 'permessage-deflate'}),
    headers=('/headers', {}),
    plain=('/echo', {}),
)
def handshake(process, arm, disarm, path, headers):
    peer = process.peer(upgrade=False)
    peer.upgrade(path, arm, **headers)
    peer.echo()
    quiet(disarm)
    peer.over()


@alternatives(
    page=(b'GET /page HTTP/1.1\r\nHost: x\r\n\r\n', '200'),
    no_handshake=(b'GET /echo HTTP/1.1\r\nHost: x\r\n\r\n', '400'),
    half_a_request=(b'GET /echo HTTP/1.1\r\nHost:', '400'),
    long_head=(b'GET /page HTTP/1.1\r\n' + (b'X: ' + b'y' * 1000 + b'\r\n') * 9, '400'),
)
def request(process, arm, disarm, data, status):
    peer = process.peer(upgrade=False)
    arm()
    peer.send(data)
    try:
        peer.head(status)
        while True:
            peer.receive()
    except Ended as exc:
        if 'http' in exc.args[0]:
            raise
    quiet(disarm)
    peer.close()


@alternatives(small=('/echo',), impatient=('/impatient',), iterated=('/iterate',))
def small_messages(process, arm, disarm, path):
    peer = process.peer(path).ready()
    arm()
    peer.echo('text')
    peer.echo(b'bytes', BINARY)
    quiet(disarm)
    peer.over()


@phase
def corked(process, arm, disarm):
    """Several small messages in one segment: the answers are gathered."""
    peer = process.peer().ready()
    arm()
    peer.send(frame(TEXT, 'hello') * 5)
    for _ in range(5):
        peer.expect(0x81, 'hello')
    quiet(disarm)
    peer.over()


@phase
def fragments(process, arm, disarm):
    peer = process.peer().ready()
    data = pattern(5120)
    arm()
    for i in range(5):
        part = data[i * 1024 : i * 1024 + 1024]
        peer.send(frame(BINARY if i == 0 else CONT, part, fin=i == 4))
        if i == 2:
            peer.send(frame(PING, b'p'))
            peer.expect(0x80 | PONG, b'p')
    peer.expect(0x82, data)
    quiet(disarm)
    peer.over()


@phase
def large(process, arm, disarm):
    peer = process.peer().ready()
    text = 'x' * 20470 + '\u20ac' * 3
    data = frame(TEXT, text)
    arm()
    peer.send(data[:9000])
    time.sleep(3 * PAUSE)  # so that it is waited for in the middle
    peer.send(data[9000:])
    peer.expect(0x81, text)
    quiet(disarm)
    peer.over()


@phase
def pinged_by_client(process, arm, disarm):
    peer = process.peer().ready()
    arm()
    peer.send(frame(PING, b'payload'))
    peer.expect(0x80 | PONG, b'payload')
    peer.send(frame(PONG, b'unasked'))
    quiet(disarm)
    peer.echo()
    peer.over()


@phase
def ping(process, arm, disarm):
    peer = process.peer('/ping').ready()
    arm()
    peer.send(frame(TEXT, 'go'))
    _, payload = peer.frame()
    peer.send(frame(PONG, payload))
    peer.expect(0x81, 'pong')
    disarm()
    peer.over()


@phase
def keepalive(process, arm, disarm):
    peer = process.peer('/pinged').ready()
    arm()
    for _ in range(2):
        peer.expect(0x80 | PING, b'')
        peer.send(frame(PONG))
    disarm()
    peer.over()


@phase
def ping_timeout(process, arm, disarm):
    peer = process.peer('/pinged').ready()
    arm()
    peer.until('its end')
    quiet(disarm)


@phase
def not_received(process, arm, disarm):
    """The handler only sends; the ping is answered all the same."""
    peer = process.peer('/dashboard').ready()
    arm()
    peer.send(frame(TEXT, 'go'))
    peer.expect(0x81, 'a reading')
    peer.send(frame(PING, b'there?'))
    for _ in range(40):  # 4 s
        got = peer.frame()
        if got != (0x81, b'a reading'):
            break
    if got != (0x80 | PONG, b'there?'):
        raise Wrong('no pong')
    disarm()
    peer.over()


@phase
def close_not_received(process, arm, disarm):
    """The handler only sends; the Close is answered all the same."""
    peer = process.peer('/dashboard').ready()
    arm()
    peer.send(frame(TEXT, 'go'))
    peer.expect(0x81, 'a reading')
    peer.over()
    quiet(disarm)


@phase
def received_late(process, arm, disarm):
    """What comes while the handler sends is kept for it."""
    peer = process.peer('/late').ready()
    arm()
    peer.send(frame(TEXT, 'go'))
    for message in 'one', 'two', 'three':
        peer.send(frame(TEXT, message))
    for _ in range(5):
        peer.expect(0x81, 'a reading')
    peer.expect(0x81, 'one')
    peer.expect(0x82, 'two')
    peer.expect(0x81, 'three')
    peer.echo()
    disarm()
    peer.over()


@alternatives(received_in_time=('/in-time', 0x81), put_in_time=('/into-in-time', 0x82))
def in_time(process, arm, disarm, path, first):
    peer = process.peer(path)
    arm()
    peer.expect(0x81, 'nothing')
    peer.send(frame(TEXT, 'hello'))
    while (got := peer.frame()) != (first, b'hello'):
        if got != (0x81, b'nothing'):
            raise Wrong(f'{got}')
    disarm()
    peer.over()


@phase
def slow_client(process, arm, disarm):
    peer = process.peer('/push', receive_buffer=2304).ready()
    arm()
    peer.send(frame(TEXT, 'go'))
    time.sleep(10 * PAUSE)
    got = {'big': 0, 'small': 0}
    while got != {'big': 3, 'small': 3}:
        message = peer.frame()
        if message == (0x82, bytes(20000)):
            got['big'] += 1
        elif message == (0x81, b'small'):
            got['small'] += 1
        else:
            raise Wrong(f'{message[0]:#x} of {len(message[1])} bytes')
    disarm()
    peer.over()


@phase
def send_timeout(process, arm, disarm):
    before = process.measure()['active']
    peer = process.peer('/push', receive_buffer=2304).ready()
    arm()
    peer.send(frame(TEXT, 'go'))
    time.sleep(0.5)
    disarm()
    deadline = time.monotonic() + HANG
    while process.measure()['active'] > before:  # to read would let it go on
        if time.monotonic() > deadline:
            raise Wrong('a limit does not hold')
        time.sleep(PAUSE)
    while True:
        try:
            peer.receive()
        except Ended:
            return


@alternatives(
    client_closes=('/echo',),
    client_closes_iterated=('/iterate',),
    client_closes_upgraded=('/upgrade',),
)
def closed_by_client(process, arm, disarm, path):
    peer = process.peer(path)
    peer.echo()
    time.sleep(PAUSE)
    arm()
    peer.over()
    quiet(disarm)


@alternatives(
    handler_returns=('/bye', 1000), closes=('/close', 4000), handler_raises=('/fault', 1011)
)
def closed_by_server(process, arm, disarm, path, code):
    peer = process.peer(path).ready()
    arm()
    peer.send(frame(TEXT, 'bye'))
    peer.until(f'close {code}')
    quiet(disarm)


@phase
def close_unanswered(process, arm, disarm):
    peer = process.peer('/bye').ready()
    arm()
    peer.send(frame(TEXT, 'bye'))
    while True:
        try:
            peer.receive()
        except Ended:
            break
    quiet(disarm)


@alternatives(
    bad_text=(frame(TEXT, b'\xff'), 1007),
    half_a_frame=(frame(TEXT, bytes(50))[:20], 1008),
    too_big=(frame(TEXT, bytes(1 << 17) + b'x')[:20], 1009, '/impatient'),
    half_a_message=(frame(TEXT, 'begun', fin=False), 1008, '/complete'),
    too_much=(frame(TEXT, bytes(4000))[:20], 1009, '/incomplete'),
    too_many_fragments=(
        frame(TEXT, '', fin=False) + frame(CONT, '', fin=False) * 3,
        1008,
        '/few-fragments',
    ),
)
def ended_by_server(process, arm, disarm, data, code, path='/echo'):
    peer = process.peer(path).ready()
    arm()
    peer.send(data)
    peer.until(f'close {code}')
    quiet(disarm)


@phase
def disconnect(process, arm, disarm):
    peer = process.peer()
    peer.echo()
    time.sleep(PAUSE)
    arm()
    peer.close()
    time.sleep(PAUSE)
    quiet(disarm)


@phase
def reset_in_a_frame(process, arm, disarm):
    peer = process.peer()
    peer.echo()
    time.sleep(PAUSE)
    arm()
    peer.send(frame(TEXT, bytes(200))[:100])
    time.sleep(PAUSE)
    peer.reset()
    time.sleep(PAUSE)
    quiet(disarm)


@phase
def reset_while_sending(process, arm, disarm):
    peer = process.peer('/push', receive_buffer=2304).ready()
    peer.send(frame(TEXT, 'go'))
    time.sleep(7 * PAUSE)
    arm()
    peer.reset()
    time.sleep(2 * PAUSE)
    quiet(disarm)


def still_works(peer, late):
    """A ping is answered, behind messages that come late."""
    peer.send(frame(PING))
    while peer.frame() == late:
        pass
    peer.over()


def gets(peer, expected):
    """Whether a message comes. One that has begun may take its time: a window as small as that of a
    slow client opens late."""
    peer.socket.settimeout(0.1)
    try:
        peer.expect(*expected)
    except Wrong as exc:
        if 'hangs' not in exc.args[0]:
            raise
        if not peer.data:
            return False
        peer.socket.settimeout(HANG)
        peer.expect(*expected)
    return True


def to_members(peers, disarm, expected, times):
    """Each gets all messages, or its connection has ended. Where the sender's has ended, or the
    group could not send, nobody has to; but each connection still works."""
    ends = {}
    for peer in peers:
        try:
            for _ in range(times):
                if not gets(peer, expected):
                    break
        except Ended as exc:
            ends[peer] = exc.args[0]
    disarm()
    for peer in peers:
        if peer not in ends:
            peer.socket.settimeout(HANG)
            try:
                still_works(peer, expected)
            except Ended as exc:
                ends[peer] = exc.args[0]
    if len(ends) > 1:
        raise Wrong(f'one failure, and several connections ended: {list(ends.values())}')
    if ends:
        raise Ended(*ends.values())


@phase
def group(process, arm, disarm):
    peers = [process.peer('/group').ready() for _ in range(3)]
    arm()
    peers[0].send(frame(TEXT, 'to all'))
    time.sleep(2 * PAUSE)
    to_members(peers, disarm, (0x81, 'to all'), 1)


@phase
def group_with_slow(process, arm, disarm):
    peers = [
        process.peer('/group').ready(),
        process.peer('/slow', receive_buffer=2304).ready(),
        process.peer('/group').ready(),
    ]
    data = pattern(16000)
    arm()
    for _ in range(2):
        peers[0].send(frame(BINARY, data))
        time.sleep(3 * PAUSE)
    to_members(peers, disarm, (0x82, data), 2)


@phase
def topics_with_slow(process, arm, disarm):
    """Of which the slow one gets the newest values; and one leaves."""
    peers = [
        process.peer('/topics').ready(),
        process.peer('/slow-topics', receive_buffer=2304).ready(),
        process.peer('/topics').ready(),
    ]
    data = pattern(16000)
    arm()
    for _ in range(2):
        peers[0].send(frame(BINARY, data))
        time.sleep(3 * PAUSE)
    slow = peers.pop(1)
    ends = [
        end_of(lambda: still_works(slow, (0x82, data))),
        end_of(lambda: to_members(peers, disarm, (0x82, data), 4)),
    ]
    if all(ends):
        raise Wrong(f'one failure, and several connections ended: {ends}')
    if any(ends):
        raise Ended(*filter(None, ends))


@phase
def shared(process, arm, disarm):
    """Over a broker, as which this process has one of its own; which goes on afterwards."""
    paths = '/relay', '/relay', '/other-relay'
    peers = [process.peer(path).ready() for path in paths]
    arm()
    peers[0].send(frame(TEXT, 'to all'))
    time.sleep(2 * PAUSE)
    to_members(peers, disarm, (0x81, 'to all'), 1)
    peers = [process.peer(path).ready() for path in paths]
    time.sleep(5 * PAUSE)  # until it is there again
    for sender in peers[0], peers[2]:
        sender.send(frame(TEXT, 'again'))
        for peer in peers:
            message = peer.frame()
            while message == (0x81, b'to all'):  # which was late
                message = peer.frame()
            if message != (0x81, b'again'):
                raise Wrong(f'{message}')
    for peer in peers:
        peer.over()


@phase
def json(process, arm, disarm):
    peer = process.peer('/json').ready()
    text = '{"temp": [21.5, null, "x"]}'
    arm()
    for _ in range(2):
        peer.send(frame(TEXT, text))
        peer.expect(0x81, text)
    quiet(disarm)
    peer.over()


OFFER = {'Sec_WebSocket_Extensions': 'permessage-deflate; client_max_window_bits'}


def echo_compressed(peer):
    data = b'compress me ' * 200
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    payload = (deflate.compress(data) + deflate.flush(zlib.Z_SYNC_FLUSH))[:-4]
    peer.send(frame(BINARY, payload, rsv=4))
    first, answer = peer.frame()
    if first & 0x40:
        answer = zlib.decompressobj(-15).decompress(answer + b'\0\0\xff\xff')
    if answer != data:
        raise Wrong('not what was compressed')


@phase
def compressed(process, arm, disarm):
    peer = process.peer('/compress', **OFFER).ready()
    arm()
    echo_compressed(peer)
    quiet(disarm)
    peer.over()


@phase
def compressed_into(process, arm, disarm):
    """From the handshake on: the first receive_into() imports what it needs."""
    peer = process.peer(upgrade=False)
    peer.upgrade('/compressed-into', arm, **OFFER)
    echo_compressed(peer)
    quiet(disarm)
    peer.over()


@phase
def receive_into(process, arm, disarm):
    peer = process.peer('/into').ready()
    data = pattern(3000)
    arm()
    peer.echo(data, BINARY)
    peer.echo(data[:10], BINARY)
    quiet(disarm)
    peer.over()


@phase
def stream(process, arm, disarm):
    peer = process.peer('/stream').ready()
    arm()
    peer.send(frame(BINARY, pattern(10000)))
    peer.expect(0x81, '10000')
    quiet(disarm)
    peer.over()


@phase
def send_stream(process, arm, disarm):
    peer = process.peer('/fragments').ready()
    arm()
    peer.send(frame(TEXT, 'go'))
    for first, part in ((1, 'one'), (0, 'two'), (0, 'three'), (0x80, '')):
        peer.expect(first, part)
    quiet(disarm)
    peer.over()


@alternatives(
    client=('/client', 'from a client'),
    client_options=('/client-options', 'from a client'),
    client_compressing=('/client-compressing', 'from a client'),
    client_pings=('/client-pings', 'from a client'),
    client_wrapped=('/client-wrapped', 'from a client'),
    client_refused=('/client-refused', 'refused'),
    client_entered=('/client-entered', 'from a client'),
    client_redirected=('/client-redirected', 'from a client'),
    client_again=('/client-again', 'from a client'),
    client_bytes=('/client-bytes', 'from a client'),
)
def relayed(process, arm, disarm, path, answer):
    """By a client of the same process."""
    peer = process.peer(path).ready()
    arm()
    peer.send(frame(TEXT, 'go'))
    peer.expect(0x81, answer)
    time.sleep(7 * PAUSE)
    disarm()
    peer.over()


@phase
def too_many(process, arm, disarm):
    """Of max_connections: the next client is refused."""
    process.measure('limits', BYSTANDERS, False)
    try:
        peer = process.peer(upgrade=False)
        arm()
        peer.send(request_bytes('/echo'))
        peer.head('503')
        quiet(disarm)
        peer.close()
    finally:
        disarm()
        process.measure('limits', 0, False)


@phase
def evicted(process, arm, disarm):
    """The one that has been silent the longest makes room for the next client."""
    idle = process.peer().ready()
    process.bystanders()
    process.measure('limits', BYSTANDERS + 1, True)
    arm()
    ended = end_of(lambda: process.peer().echo())
    time.sleep(PAUSE)
    disarm()
    process.measure('limits', 0, False)
    if ended:  # there was no memory for the new one, so that the other may stay
        idle_ended = end_of(idle.over)
        if idle_ended not in ('', 'close 1013', 'its end'):
            raise Wrong(f'the idle one: {idle_ended}')
        raise Ended(ended)
    idle.until('close 1013')


def end_of(f):
    """How a connection ends in f(); '' if it does not."""
    try:
        f()
    except Ended as exc:
        return exc.args[0]
    return ''


def all_end(peers, code):
    """Wait for it; Ended with how one of them has ended otherwise than with this code."""
    ends = [end_of(peer.until) for peer in peers]
    for how in ends:
        if how != f'close {code}':
            raise Ended(how)


@alternatives(
    shut_down=('app.shutdown', 1001), cancelled=('cancel', 1001), restarted=('shutdown', 1012)
)
def ended(process, arm, disarm, how, code):
    """The second server ends, with all of its connections, and with no other."""
    port = process.second_port
    process.measure('serve', port)
    peers = [process.peer(port=port).ready() for _ in range(3)]
    process.measure('end', how)
    arm()
    try:
        all_end(peers, code)
    finally:
        time.sleep(0.25)
        disarm()
        process.wait_for_end()


@phase
def wrapped(process, arm, disarm):
    """As accept, with what stands in TLS' place."""
    process.measure('serve', process.second_port, 'wrapped')
    try:
        arm()
        peer = process.peer(port=process.second_port)
        peer.echo()
        quiet(disarm)
        peer.over()
    finally:
        disarm()
        process.measure('end', 'app.shutdown')
        process.wait_for_end()


@phase
def interrupted(process, arm, disarm):
    """Ctrl-C ends the process."""
    peers = [process.peer().ready() for _ in range(3)]
    arm()
    process.interrupt()
    try:
        all_end(peers, 1001)
    finally:
        if process.exit_code(HANG) != 0:
            raise Wrong(f'it has not ended as it should: {process.exit_code()}')
