"""A console to the board, in a browser: what is typed is run here as Python.

Whoever knows the password may do anything with this machine. Without one of your own, a new one is
printed with the address whenever it starts. On a computer it can be reached from there alone.
"""

import asyncio
import os
import sys
from binascii import hexlify

from microdot import Microdot, send_file
from microdot_websocket import websocket_upgrade
from microdot_websocket.server import run

PORT = 5000
PASSWORD = '' or hexlify(os.urandom(4)).decode()
GUESS = 1  # seconds, and as many more for each that waits
MOST = 4000  # characters that one line of input may print
HERE = __file__[: __file__.replace('\\', '/').rfind('/') + 1]  # boards have no os.path
app = Microdot()
sessions = []  # of the browsers that have signed in, the last eight
guesses = 0  # that wait


@app.route('/')
async def page(request):
    return send_file(HERE + 'index.html')


def signed_in(request):
    return request.cookies.get('terminal') in sessions


@app.post('/login')
async def login(request):
    global guesses
    guesses += 1
    await asyncio.sleep(guesses * GUESS)
    guesses -= 1
    if (request.form or {}).get('password') != PASSWORD:
        return {'ok': False}, 401
    sessions.append(hexlify(os.urandom(16)).decode())
    del sessions[:-8]
    return {'ok': True}, {'Set-Cookie': 'terminal=%s; HttpOnly; SameSite=Strict' % sessions[-1]}


@app.post('/logout')
async def logout(request):
    if signed_in(request):
        sessions.remove(request.cookies['terminal'])
    return {'ok': True}


@app.route('/session')
async def session(request):
    return {'ok': signed_in(request)}


class Console:
    """Runs what is typed. Names live as long as the page is connected."""

    def __init__(self):
        self.names = {'__name__': 'console', 'print': self.print}
        self.printed = ''

    def print(self, *values, sep=' ', end='\n'):
        self.printed = (self.printed + sep.join([str(value) for value in values]) + end)[:MOST]

    def run(self, source):
        """What a source prints, its value, or its exception. Nothing else runs meanwhile."""
        self.printed = ''
        try:
            try:
                code = compile(source, 'console', 'eval')
            except SyntaxError:
                exec(compile(source, 'console', 'exec'), self.names)
            else:
                value = eval(code, self.names)
                if value is not None:
                    self.print(repr(value))
        except BaseException as exc:  # SystemExit as well
            self.print('%s: %s' % (type(exc).__name__, exc))
        return self.printed


@app.route('/terminal')
async def terminal(request):
    if not signed_in(request):
        return 'sign in first', 401
    # A page of another site gets 403: the browser would send the cookie for it, too.
    own = ['%s://%s' % (scheme, request.headers['Host']) for scheme in ('http', 'https')]
    ws = await websocket_upgrade(request, origins=own, ping_interval=20)
    console = Console()
    await ws.send('%s on %s\n' % (sys.version, sys.platform))
    async for source in ws:
        await ws.send(console.run(source))


def address():
    """Of a board in its network, which its boot.py has joined."""
    try:
        from network import STA_IF, WLAN
    except ImportError:
        return '127.0.0.1'
    return WLAN(STA_IF).ifconfig()[0]


own = address()
print('http://%s:%d  password: %s' % (own, PORT, PASSWORD))
run(app, host=own, port=PORT)
