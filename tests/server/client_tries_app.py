"""What a client comes to:  client_tries_app.py EXPECTED_IMPL

On its standard input is a JSON list of [URL, options], tried one by one; `pem` among the options is
a file whose bytes are taken for `ssl`. It prints a JSON list of what each has come to: what was
echoed, or the exception's name and text; and at the end how many file descriptors are open that
were not at the start.
"""

import asyncio
import json
import os
import sys

import application  # noqa: F401  installs the package, on CPython
from microdot_websocket import codec
from microdot_websocket.client import connect


def descriptors():
    return len(os.listdir('/proc/self/fd'))


async def outcome(url, options):
    try:
        pem = options.pop('pem', None)
        if pem:
            with open(pem, 'rb') as file:
                options['ssl'] = file.read()
        # A server of asyncio's waits for the end of TLS, which the twin can miss: for this long.
        async with connect(url, close_timeout=0.2, **options) as ws:
            await ws.send('hello')
            return await ws.receive()
    except Exception as exc:
        return '%s: %s' % (type(exc).__name__, exc)


async def main(tries):
    await outcome(*tries[0])  # what is imported and made when it is first needed
    await asyncio.sleep(0.05)  # CPython closes some turns later
    before = descriptors()
    outcomes = []
    for url, options in tries:
        outcomes.append(await outcome(url, options))
    await asyncio.sleep(0.05)
    print(json.dumps(outcomes + [descriptors() - before]))


assert codec.IMPL == sys.argv[1]
asyncio.run(main(json.loads(sys.stdin.readline())))
