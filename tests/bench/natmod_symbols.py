"""Where the functions of a natmod lie, once it is loaded: natmods keep no symbols, but the files
that they are linked from do."""

import re

from elftools.elf.elffile import ELFFile
from interpreters import natmod


def pattern(elf, index, section):
    """What finds a section's bytes, whatever the linker has put in place of its relocations."""
    data = section.data()
    holes = {
        relocation['r_offset'] + i
        for table in elf.iter_sections()
        if table['sh_type'] in ('SHT_REL', 'SHT_RELA') and table['sh_info'] == index
        for relocation in table.iter_relocations()
        for i in range(4)
    }
    parts = (b'.' if i in holes else re.escape(data[i : i + 1]) for i in range(len(data)))
    return re.compile(b''.join(parts), re.S)


def functions_of(arch):
    """[(offset in the natmod's file, size, name)]"""
    file = natmod(arch).read_bytes()
    for path in sorted((natmod(arch).parent / 'obj').glob('*.o')):
        with path.open('rb') as stream:
            elf = ELFFile(stream)
            for index, section in enumerate(elf.iter_sections()):
                if section.name.startswith('.text') and section.data_size:
                    found = pattern(elf, index, section).search(file)
                    for symbol in elf.get_section_by_name('.symtab').iter_symbols():
                        is_function = symbol['st_info']['type'] == 'STT_FUNC'
                        if found and is_function and symbol['st_shndx'] == index:
                            start = found.start() + (symbol['st_value'] & ~1)
                            yield start, symbol['st_size'], symbol.name


def placed(arch, address, code):
    """[(address, size, name)] of its functions, one of which begins with this code (hex) there."""
    start = natmod(arch).read_bytes().find(bytes.fromhex(code))
    if start < 0:
        raise RuntimeError('the board runs another natmod')
    return [(address - start + at, size, name) for at, size, name in functions_of(arch)]
