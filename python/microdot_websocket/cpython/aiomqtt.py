"""What ``relay.Relay`` needs of ``aiomqtt``."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..relay import Relay

# aiomqtt has no limit unless it is told one.
_MAX_QUEUED = 1000
_GONE = 'there is no connection to the broker'


class Aiomqtt:
    """The ``Client`` of ``aiomqtt`` 2.x, on CPython.

    :param hostname: the broker's.
    :param port: its port.
    :param options: more of what ``aiomqtt.Client`` takes, as ``username`` and ``password``,
                    ``tls_context``, or ``transport='websockets'`` and ``websocket_path``. Of what
                    the broker sends 1,000 messages may wait, unless
                    ``max_queued_incoming_messages`` is another number; more are dropped.

    ``client`` is the ``aiomqtt.Client`` while there is a connection, a new one each time, else
    None. ImportError: ``aiomqtt`` is not installed.
    """

    def __init__(self, hostname: str, port: int = 1883, **options: Any) -> None:
        import aiomqtt

        self._make = aiomqtt.Client
        self._where = hostname, port
        self._options = {'max_queued_incoming_messages': _MAX_QUEUED, **options}
        self.client: Any = None
        self._lost: Any = None  # a future: the connection's end

    async def publish(self, topic: str, payload: bytes, qos: int) -> None:
        if not self.client:
            raise ConnectionError(_GONE)
        # aiomqtt waits some seconds more for what a broker that is gone has not confirmed.
        sent = asyncio.ensure_future(self.client.publish(topic, payload, qos))
        try:
            await asyncio.wait((sent, self._lost), return_when=asyncio.FIRST_COMPLETED)
            if not sent.done():
                raise ConnectionError(_GONE)
            sent.result()
        finally:
            sent.cancel()

    async def run(self, relay: Relay) -> None:
        async with self._make(*self._where, **self._options) as client:
            self.client = client
            self._lost = asyncio.get_running_loop().create_future()
            try:
                for name in relay.filters:
                    granted: Any = await client.subscribe(name, relay.qos)
                    if any(code.is_failure for code in granted):
                        raise ConnectionError(f'the broker refuses {name}')
                relay.up()
                async for message in client.messages:
                    await relay.receive(str(message.topic), message.payload)
            finally:
                self.client = None
                self._lost.set_result(None)
