"""What a natmod's .mpy file is: its architecture, ABI and sizes.

The format is that of MicroPython's py/persistentcode.c, as tools/mpy_ld.py writes it.
"""

from collections import namedtuple

# In the order of MP_NATIVE_ARCH_* (py/persistentcode.h).
ARCHS = (
    'none x86 x64 armv6 armv6m armv7m armv7em armv7emsp armv7emdp xtensa xtensawin rv32imc'
).split()
THUMB = ARCHS[4:9]  # a core of one of these also loads those before it

#: The codec, and what stands beside it: the latter compresses messages.
CODEC, DEFLATE = '_wscodec.mpy', '_wsdeflate.mpy'

HAS_RODATA = 0x20  # MP_SCOPE_FLAG_VIPERRODATA

#: arch: a name of ARCHS. abi: '6.3', say. size, text, rodata: bytes of the file, of machine code
#: (constants included where the architecture keeps them there), and of constants apart from it.
Natmod = namedtuple('Natmod', 'arch abi size text rodata')


class Reader:
    def __init__(self, data):
        self.data = data
        self.at = 4

    def uint(self):
        value = 0
        while True:
            byte = self.data[self.at]
            self.at += 1
            value = value << 7 | byte & 0x7F
            if byte < 0x80:
                return value


def decode_mpy(mpy):
    """(architecture, ABI) of a board's sys.implementation._mpy, or of a file's bytes 1 and 2."""
    arch = mpy >> 10 & 0x0F  # behind it, from MicroPython 1.27 on: extensions of a RISC-V core
    return ARCHS[arch] if arch < len(ARCHS) else f'no. {arch}', f'{mpy & 0xFF}.{mpy >> 8 & 3}'


def loads(board, file):
    """Whether a board of one architecture runs natmods of another (mp_raw_code_load)."""
    if board in THUMB and file in THUMB:
        return THUMB.index(file) <= THUMB.index(board)
    return board == file


def beside(codec):
    """{name: file} of a codec's file and of what stands beside it."""
    paths = [codec, codec.with_name(DEFLATE)]
    return {path.name: path for path in paths if path.exists()}


def read(path):
    """The Natmod in a file; ValueError if it is none."""
    data = path.read_bytes()
    if data[:1] != b'M' or len(data) < 8:
        raise ValueError(f'{path} is no .mpy file')
    arch, abi = decode_mpy(data[1] | data[2] << 8)
    if arch == 'none':
        raise ValueError(f'{path} holds bytecode, not a native module')
    reader = Reader(data)
    n_qstrs, _ = reader.uint(), reader.uint()
    for _ in range(n_qstrs):
        length = reader.uint()
        if not length & 1:  # else one of the names that every MicroPython has
            reader.at += (length >> 1) + 1
    text = reader.uint() >> 3
    reader.at += text
    rodata = reader.uint() if reader.uint() & HAS_RODATA else 0
    return Natmod(arch, abi, len(data), text, rodata)
