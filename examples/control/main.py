"""Switches and sliders that all open pages share, for those who know the password.

Without one of your own, a new one is printed with the address whenever it starts.
"""

import asyncio
import json
import os
from binascii import hexlify

from microdot import Microdot, send_file
from microdot_websocket import websocket_upgrade
from microdot_websocket.server import run
from microdot_websocket.topics import Topics

PORT = 5000
PASSWORD = '' or hexlify(os.urandom(4)).decode()
GUESS = 1  # seconds, and as many more for each that waits
HERE = __file__[: __file__.replace('\\', '/').rfind('/') + 1]  # boards have no os.path
app = Microdot()
pages = Topics(latest=True)  # a slow page gets the newest of each control
sessions = []  # of the browsers that have signed in, the last eight
guesses = 0  # that wait
state = {'lamp': False, 'brightness': 60, 'fan': False, 'speed': 30}  # sliders are in percent


def apply(name, value):
    """A control was moved. On a board for example, with PWM and Pin of the module machine:

    if name == 'brightness':
        PWM(Pin(15)).duty_u16(value * 65535 // 100)
    """
    state[name] = value


@app.route('/')
async def page(request):
    return send_file(HERE + 'index.html')


def signed_in(request):
    return request.cookies.get('control') in sessions


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
    return {'ok': True}, {'Set-Cookie': 'control=%s; HttpOnly; SameSite=Strict' % sessions[-1]}


@app.post('/logout')
async def logout(request):
    if signed_in(request):
        sessions.remove(request.cookies['control'])
    return {'ok': True}


@app.route('/session')
async def session(request):
    return {'ok': signed_in(request)}


@app.route('/control')
async def control(request):
    if not signed_in(request):
        return 'sign in first', 401
    # A page of another site gets 403: the browser would send the cookie for it, too.
    own = ['%s://%s' % (scheme, request.headers['Host']) for scheme in ('http', 'https')]
    ws = await websocket_upgrade(request, origins=own, max_message_length=100, ping_interval=20)
    for name in state:
        pages.subscribe(ws, name)
    await ws.send(json.dumps(state))
    async for message in ws:
        for name, value in json.loads(message).items():
            if name in state and type(value) is type(state[name]) and 0 <= value <= 100:
                apply(name, value)
                # To the page that it comes from, too.
                await pages.publish(name, json.dumps({name: value}))


def address():
    """Of a board in its network, which its boot.py has joined."""
    try:
        from network import STA_IF, WLAN
    except ImportError:
        return '127.0.0.1'
    return WLAN(STA_IF).ifconfig()[0]


print('http://%s:%d  password: %s' % (address(), PORT, PASSWORD))
run(app, port=PORT)
