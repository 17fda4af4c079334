/* _wscodec as a module of the firmware (a user C module), for those who build their own.
 *
 * It wins over a _wscodec.mpy in the file system. What mpy_init does for the natmod stands in a
 * file of its own, since mpy_ld.py puts each qstr that its sources name into the .mpy.
 */
#include "mod_wscodec.c"

/* The type, with the methods that mpy_init gives the natmod's. */
static const mp_rom_map_elem_t methods_table[] = {
    { MP_ROM_QSTR(MP_QSTR_read), MP_ROM_PTR(&read_obj) },
    { MP_ROM_QSTR(MP_QSTR_write), MP_ROM_PTR(&write_obj) },
    { MP_ROM_QSTR(MP_QSTR_flush), MP_ROM_PTR(&flush_obj) },
    { MP_ROM_QSTR(MP_QSTR_wait), MP_ROM_PTR(&wait_obj) },
    { MP_ROM_QSTR(MP_QSTR_register), MP_ROM_PTR(&register_obj) },
    { MP_ROM_QSTR(MP_QSTR_drain), MP_ROM_PTR(&drain_obj) },
    { MP_ROM_QSTR(MP_QSTR_schedule), MP_ROM_PTR(&schedule_obj) },
    { MP_ROM_QSTR(MP_QSTR_abort), MP_ROM_PTR(&abort_obj) },
};
static MP_DEFINE_CONST_DICT(methods_dict, methods_table);

MP_DEFINE_CONST_OBJ_TYPE(
    protocol_type, MP_QSTR_Protocol, MP_TYPE_FLAG_ITER_IS_ITERNEXT,
    make_new, protocol_make_new,
    attr, protocol_attr,
    iter, protocol_iternext,
    locals_dict, &methods_dict
    );

/* Called when the module is imported; again after a soft reset, which has left nothing of the heap. */
static mp_obj_t init(void) {
    init_shared();
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_0(init_obj, init);

static const mp_rom_map_elem_t globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR__wscodec) },
    { MP_ROM_QSTR(MP_QSTR___init__), MP_ROM_PTR(&init_obj) },
    { MP_ROM_QSTR(MP_QSTR_version), MP_ROM_INT(WS_ABI) },
    { MP_ROM_QSTR(MP_QSTR_Protocol), MP_ROM_PTR(&protocol_type) },
    { MP_ROM_QSTR(MP_QSTR_utf8), MP_ROM_PTR(&utf8_obj) },
};
static MP_DEFINE_CONST_DICT(globals, globals_table);

const mp_obj_module_t wscodec_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&globals,
};

MP_REGISTER_MODULE(MP_QSTR__wscodec, wscodec_module);
