"""Which natmod this machine loads: imported only to write the warning of platform.py."""

import sys

# In the order of MP_NATIVE_ARCH_* (py/persistentcode.h); for armv7em there is but armv7m's file.
_ARCHS = 'none x86 x64 armv6 armv6m armv7m armv7m armv7emsp armv7emdp xtensa xtensawin rv32imc'


def warn(exc: BaseException) -> None:
    """Say what the natmod's import has raised, and what to do."""
    print('microdot_websocket: _wscodec.mpy cannot be used (%s); %s' % (exc, hint()))


def hint() -> str:
    """The rest of the warning: what is used instead, and which file to copy.

    ``sys.implementation._mpy`` holds the .mpy version in its low byte, the sub-version in bits 8
    and 9, the architecture in the four above them, and flags from bit 16 on (py/persistentcode.h).
    """
    text = 'using the slower Python codec.'
    mpy = getattr(sys.implementation, '_mpy', 0)
    archs = _ARCHS.split()
    arch = mpy >> 10 & 0x0F
    if 0 < arch < len(archs):
        text += ' This machine takes %s_%d.%d/_wscodec.mpy of the same release.' % (
            archs[arch],
            mpy & 0xFF,
            mpy >> 8 & 3,
        )
    return text
