import asyncio
import json

import pytest
from applications import INTERPRETERS, application, connect, page


@pytest.mark.parametrize('interpreter', INTERPRETERS)
def test_sensor(interpreter, tmp_path):
    """Two look at it, one after the other and at once, and get each value once."""

    async def main(address):
        async with await connect(address, '/sensor') as first:
            values = [json.loads(await first.recv())['seconds'] for _ in range(2)]
            assert values[0] < values[1]
        async with await connect(address, '/sensor') as first:
            async with await connect(address, '/sensor') as second:
                value = await second.recv()
                while await first.recv() != value:
                    pass
                assert await first.recv() == await second.recv() != value

    with application('sensor', interpreter, tmp_path) as address:
        asyncio.run(asyncio.wait_for(main(address), 60))
        assert '/sensor`' in page(address)
