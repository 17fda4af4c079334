"""Which event loop a server runs on: asyncio's own, or uvloop with the option --uvloop."""

import asyncio
import sys


def run(main):
    """Run a coroutine to its end."""
    if '--uvloop' in sys.argv:
        import uvloop

        uvloop.run(main)
    else:
        asyncio.run(main)
