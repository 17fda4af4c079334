from ssl import SSLContext

from microdot import Microdot

async def shutdown(app: Microdot, code: int = 1001, reason: str = '') -> None: ...
async def serve(
    app: Microdot,
    host: str = '0.0.0.0',
    port: int = 5000,
    debug: bool = False,
    ssl: SSLContext | None = None,
) -> None: ...
def run(
    app: Microdot,
    host: str = '0.0.0.0',
    port: int = 5000,
    debug: bool = False,
    ssl: SSLContext | None = None,
) -> None: ...
