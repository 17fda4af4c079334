"""The names (qstrs) that MicroPython keeps in RAM before and after the import of
`microdot.websocket`, on top of Microdot and asyncio:  import_names.main()"""

import asyncio  # noqa: F401

import microdot  # noqa: F401
import micropython


def main():
    micropython.qstr_info(1)
    import microdot.websocket  # noqa: F401

    micropython.qstr_info(1)
