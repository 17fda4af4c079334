"""RFC 6455 in Python, without asyncio and without Microdot: what a frame is (``frames``), the rules
(``rules``), the protocol of one connection (``twin``, of the natmod's type ``Protocol``)."""
