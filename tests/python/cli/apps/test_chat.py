import asyncio

import pytest
from applications import INTERPRETERS, application, connect, page


@pytest.mark.parametrize('interpreter', INTERPRETERS)
def test_chat(interpreter, tmp_path):
    async def main(address):
        async with await connect(address, '/chat') as ada:
            assert await ada.recv() == '1 here'
            async with await connect(address, '/chat') as bob:
                assert await ada.recv() == await bob.recv() == '2 here'
                await bob.send('bob: hello')
                assert await ada.recv() == await bob.recv() == 'bob: hello'
            assert await ada.recv() == '1 here'
            eve = await connect(address, '/chat')
            assert await ada.recv() == await eve.recv() == '2 here'
            eve.transport.abort()  # without a Close
            assert await ada.recv() == '1 here'

    with application('chat', interpreter, tmp_path) as address:
        asyncio.run(asyncio.wait_for(main(address), 60))
        assert '/chat`' in page(address)
