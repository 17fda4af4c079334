/* _wsdeflate as a module of the firmware (a user C module): see usermod_wscodec.c. */
#include "mod_wsdeflate.c"

/* The type, with the methods that mpy_init gives the natmod's. */
static const mp_rom_map_elem_t methods_table[] = {
    { MP_ROM_QSTR(MP_QSTR_rewind), MP_ROM_PTR(&rewind_obj) },
    { MP_ROM_QSTR(MP_QSTR_readinto), MP_ROM_PTR(&readinto_obj) },
};
static MP_DEFINE_CONST_DICT(methods_dict, methods_table);

MP_DEFINE_CONST_OBJ_TYPE(
    inflater_type, MP_QSTR_Inflater, MP_TYPE_FLAG_NONE,
    make_new, inflater_make_new,
    attr, inflater_attr,
    locals_dict, &methods_dict
    );

/* Called when the module is imported; again after a soft reset, which has left nothing of the heap. */
static mp_obj_t init(void) {
    init_scratch();
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_0(init_obj, init);

static const mp_rom_map_elem_t globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR__wsdeflate) },
    { MP_ROM_QSTR(MP_QSTR___init__), MP_ROM_PTR(&init_obj) },
    { MP_ROM_QSTR(MP_QSTR_version), MP_ROM_INT(VERSION) },
    { MP_ROM_QSTR(MP_QSTR_MIN_BITS), MP_ROM_INT(MIN_BITS) },
    { MP_ROM_QSTR(MP_QSTR_Inflater), MP_ROM_PTR(&inflater_type) },
    { MP_ROM_QSTR(MP_QSTR_inflate), MP_ROM_PTR(&inflate_obj) },
    { MP_ROM_QSTR(MP_QSTR_decode), MP_ROM_PTR(&decode_obj) },
    { MP_ROM_QSTR(MP_QSTR_encode), MP_ROM_PTR(&encode_obj) },
    { MP_ROM_QSTR(MP_QSTR_deflate), MP_ROM_PTR(&deflate_obj) },
};
static MP_DEFINE_CONST_DICT(globals, globals_table);

const mp_obj_module_t wsdeflate_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&globals,
};

MP_REGISTER_MODULE(MP_QSTR__wsdeflate, wsdeflate_module);
