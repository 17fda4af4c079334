"""The command ``microdot-websocket``: for the machine that a board is plugged into, not the board.

One module a subcommand. mpremote, as a program of its own, does all that is done on a board.
"""


class Failed(Exception):
    """What went wrong and what to do, in one line for the user."""
