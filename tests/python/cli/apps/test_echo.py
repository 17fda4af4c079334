import asyncio

import pytest
from applications import INTERPRETERS, application, connect, page
from microdot_websocket.cli.new import contents


@pytest.mark.parametrize('interpreter', INTERPRETERS)
def test_echo(interpreter, tmp_path):
    async def main(address):
        async with await connect(address, '/echo') as ws:
            for message in 'hello', '', b'\0\1':
                await ws.send(message)
                assert await ws.recv() == message

    with application('echo', interpreter, tmp_path) as address:
        asyncio.run(asyncio.wait_for(main(address), 60))
        assert page(address) == contents('echo')['index.html']
