// os.urandom(), which boards have and the qemu port does not: for tests, since it is no secret. A part
// of extmod/modos.c.

static mp_obj_t mp_os_urandom(mp_obj_t size) {
    static uint32_t state;
    mp_int_t n = mp_obj_get_int(size);
    vstr_t vstr;
    vstr_init_len(&vstr, n);
    for (mp_int_t i = 0; i < n; i++) {
        state = (state ^ mp_hal_ticks_us()) * 1664525 + 1013904223;
        vstr.buf[i] = state >> 24;
    }
    return mp_obj_new_bytes_from_vstr(&vstr);
}
static MP_DEFINE_CONST_FUN_OBJ_1(mp_os_urandom_obj, mp_os_urandom);
