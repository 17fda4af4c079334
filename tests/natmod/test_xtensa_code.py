"""What the xtensawin natmod is made of: one file must run on the ESP32, the S2 and the S3, whose
cores differ (components/xtensa/*/include/xtensa/config/core-isa.h in ESP-IDF), from memory that
can only be read 32 bits at a time.

The S2 has no zero-overhead loops, no FPU, no booleans, no MAC16 and no S32C1I; QEMU's cores, which
run the tests, have no MULUH and MULSH. Reads of text in smaller units are ruled out altogether:
text must be instructions and nothing else, so all that is read through a pointer lies in rodata,
which MicroPython puts into its heap; literals are read by l32r, 32 bits each.

The disassembler of the toolchain in use may lack the windowed ABI, hence the table.
"""

import re
import struct
import subprocess

import pytest
from elftools.elf.constants import SH_FLAGS
from elftools.elf.elffile import ELFFile
from interpreters import BUILD, ROOT

# Encodings as hexadecimal digits, most significant first: op2 op1 r s t op0, or r s t op0 (Xtensa
# Instruction Set Architecture Reference Manual, "Opcode Maps").
WINDOWED = {
    '000090': 'retw',
    '000.e0': 'callx8',
    '001..0': 'movsp',
    '....36': 'entry',
    'f01d': 'retw.n',
}
ALLOWED = {
    **WINDOWED,
    '....[26ae]5': 'call8',
    '....[048c]6': 'j',
    '....[159d]6': 'beqz bnez bltz bgez',
    '....[26ae]6': 'beqi bnei blti bgei',
    '....[bf]6': 'bltui bgeui',
    '.....7': 'beq bne blt bge bltu bgeu bany bnone ball bnall bbc bbs bbci bbsi',
    '.....1': 'l32r',
    '..[0129]..2': 'l8ui l16ui l32i l16si',
    '..[456]..2': 's8i s16i s32i',
    '..[acd]..2': 'movi addi addmi',
    '[123]0...0': 'and or xor',
    '60.[01].0': 'neg abs',
    '[89a-f]0...0': 'add addx2 addx4 addx8 sub subx2 subx4 subx8',
    '40[0-4]..0': 'ssr ssl ssa8l ssa8b ssai',
    '[0-3]1...0': 'slli srai',
    '41...0': 'srli',
    '81...0': 'src',
    '91.0.0': 'srl',
    'a1..00': 'sll',
    'b1.0.0': 'sra',
    '.[45]...0': 'extui',
    '[cd]1...0': 'mul16u mul16s',
    '82...0': 'mull',
    '40[ef]..0': 'nsa nsau',
    '[2-7]3...0': 'sext clamps min max minu maxu',
    '[89ab]3...0': 'moveqz movnez movltz movgez',
    '0020c0': 'memw',
    '0020f0': 'nop',
    '...8': 'l32i.n',
    '...9': 's32i.n',
    '...a': 'add.n',
    '...b': 'addi.n',
    '..[0-7]c': 'movi.n',
    '..[8-f]c': 'beqz.n bnez.n',
    '0..d': 'mov.n',
    'f03d': 'nop.n',
}
# Flags of a range in .xt.prop (include/elf/xtensa.h in binutils).
INSTRUCTIONS = 2
UNREACHABLE = 8  # between instructions, so that a branch's target fits into one word


def matches(code, table):
    return re.fullmatch('|'.join(table), code)


def faults(text, ranges):
    """What is wrong with the bytes of a text section; ranges: [(start, size, flags)].

    Outside of these ranges is what .byte made, which may be the macros in ports/esp32/windowed.S
    but not data, and the fill up to the next word.
    """
    flags = [0] * len(text)
    for start, size, flag in ranges:
        flags[start : start + size] = [flag] * size
    starts = {start for start, size, _ in ranges if size}
    at = 0
    while at < len(text):
        is_code = flags[at] & INSTRUCTIONS
        if not is_code and text[at] == 0 and (at % 4 or flags[at] & UNREACHABLE):
            at += 1
            continue
        size = 2 if text[at] & 8 else 3
        code = f'{int.from_bytes(text[at : at + size], "little"):0{2 * size}x}'
        if not matches(code, ALLOWED if is_code else WINDOWED):
            yield f'{at:x}: {code}'
        if starts.intersection(range(at + 1, at + size)):
            yield f'{at:x}: {code} ends behind the start of the next'
        at += size


def property_ranges(elf, section):
    """What .xt.prop says of a section."""
    properties = elf.get_section_by_name('.xt.prop').data()
    relocations = elf.get_section_by_name('.rela.xt.prop')
    symbols = elf.get_section(relocations['sh_link'])
    for relocation in relocations.iter_relocations():
        symbol = symbols.get_symbol(relocation['r_info_sym'])
        base, size, flags = struct.unpack_from('<3I', properties, relocation['r_offset'])
        if elf.get_section(symbol['st_shndx']).name == section:
            yield base + symbol['st_value'] + relocation['r_addend'], size, flags


# Of each natmod.
OBJECTS = ('mod_wscodec', 'ws_core', 'ws_protocol'), ('mod_wsdeflate',)


@pytest.fixture(scope='module', params=OBJECTS, ids=lambda names: names[0])
def objects(request):
    make = ['make', '-s', 'natmod', 'ARCH=xtensawin']
    subprocess.run(make, cwd=ROOT, check=True)
    folder = BUILD / 'natmod' / 'xtensawin' / 'obj'
    assert {path.stem for path in folder.glob('*.o')} == {name for of in OBJECTS for name in of}
    return [ELFFile.load_from_path(folder / f'{name}.o') for name in request.param]


def test_instructions(objects):
    for elf in objects:
        text = elf.get_section_by_name('.text').data()
        assert len(text) > 400
        assert list(faults(text, list(property_ranges(elf, '.text')))) == []


def test_nothing_else_goes_into_the_text(objects):
    for elf in objects:
        executable = [
            section.name
            for section in elf.iter_sections()
            if section['sh_flags'] & SH_FLAGS.SHF_EXECINSTR and section['sh_size']
        ]
        assert executable == ['.literal', '.text']


def test_one_file_has_all_strings(objects):
    """mpy_ld.py names what the GOT refers to by section and offset, not by file: the strings of a
    second file would be taken for those of the first."""
    with_strings = [
        section.name
        for elf in objects
        for section in elf.iter_sections()
        if section.name.startswith('.rodata.str') and section['sh_size']
    ]
    assert len(with_strings) == 1


@pytest.mark.parametrize(
    'name, code',
    [
        ('loop', '028276'),
        ('loopnez', '029276'),
        ('add.s', '0a0120'),
        ('lsi', '010203'),
        ('bt', '041076'),
        ('movt', 'd32340'),
        ('mula.aa.ll', '740234'),
        ('s32c1i', '00e322'),
        ('muluh', 'a22340'),
        ('quou', 'c22340'),
        ('jx, as switch tables are read', '0002a0'),
        ('wsr.lbeg', '130020'),
        ('ret, of the other ABI', '000080'),
        ('ret.n', 'f00d'),
        ('callx0', '0002c0'),
        ('call0', '000005'),
        ('ill', '000000'),
    ],
)
def test_an_instruction_that_one_of_them_lacks_is_found(name, code):
    text = bytes.fromhex(code)[::-1]
    assert list(faults(text, [(0, len(text), INSTRUCTIONS)])) == [f'0: {code}']


def test_data_in_the_text_is_found():
    text = bytes.fromhex('364100 210000 1df0')  # entry, l32r, retw
    code = (3, 3, INSTRUCTIONS)
    assert list(faults(text + bytes(4), [code, (8, 4, UNREACHABLE)])) == []
    assert list(faults(text, [])) == ['3: 000021']  # a table whose bytes look like code
    assert list(faults(text + bytes(4), [code])) == ['8: 000000']  # more than fill
    assert list(faults(text, [code, (5, 1, UNREACHABLE)])) == [
        '3: 000021 ends behind the start of the next'
    ]
