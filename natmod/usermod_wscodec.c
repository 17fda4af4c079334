/* _wscodec as a module of the firmware (a user C module), for those who build their own.
 *
 * It wins over a _wscodec.mpy in the file system. What mpy_init does for the natmod stands in a
 * file of its own, since mpy_ld.py puts each qstr that its sources name into the .mpy.
 */
#include "mod_wscodec.c"

static const mp_rom_map_elem_t globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR__wscodec) },
    { MP_ROM_QSTR(MP_QSTR_ABI), MP_ROM_INT(WS_ABI) },
    { MP_ROM_QSTR(MP_QSTR_parse_header), MP_ROM_PTR(&parse_header_obj) },
    { MP_ROM_QSTR(MP_QSTR_unmask), MP_ROM_PTR(&unmask_obj) },
    { MP_ROM_QSTR(MP_QSTR_utf8), MP_ROM_PTR(&utf8_obj) },
    { MP_ROM_QSTR(MP_QSTR_extract), MP_ROM_PTR(&extract_obj) },
    { MP_ROM_QSTR(MP_QSTR_freeze), MP_ROM_PTR(&freeze_obj) },
};
static MP_DEFINE_CONST_DICT(globals, globals_table);

const mp_obj_module_t wscodec_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&globals,
};

MP_REGISTER_MODULE(MP_QSTR__wscodec, wscodec_module);
