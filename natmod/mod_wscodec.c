/* _wscodec: ws_core as a MicroPython native module (natmod); usermod_wscodec.c builds it into a
 * firmware instead.
 *
 * The functions of the seam that codec.py describes. Arguments are positional and index into
 * buffers (a memoryview slice would allocate); only extract() allocates, what it returns. Every check
 * here has its like in _pycodec.py, in the same order, with the same exception type.
 */
#if MICROPY_ENABLE_DYNRUNTIME
#include "py/dynruntime.h"
/* What it lacks: */
#define memmove mp_fun_table.memmove_
#define m_malloc_maybe(n) m_realloc_maybe(NULL, (n), false)
#define mp_type_MemoryError (*(mp_obj_type_t *)mp_load_global(MP_QSTR_MemoryError))
#else
#include <string.h>
#include "py/runtime.h"
#endif
#include "py/objlist.h"
#include "py/objstr.h"
#include "ws_core.h"

/* Out of line, since each use of mp_raise_ValueError would repeat the look-up of the type. Nothing is
 * said beside the type: the texts would be a tenth of the module, and only protocol.py calls it. */
static __attribute__((noreturn, noinline)) void raise_value_error(void) {
    mp_raise_ValueError(NULL);
}

static __attribute__((noreturn, noinline)) void raise_type_error(void) {
    mp_raise_TypeError(NULL);
}

/* An index argument: any int or bool, but one that is no small int becomes -1, out of every range.
 * TypeError if it is not an int. */
static __attribute__((noinline)) mp_int_t get_index(mp_obj_t arg) {
    if (mp_obj_is_small_int(arg)) {
        return MP_OBJ_SMALL_INT_VALUE(arg);
    }
    mp_int_t value = mp_obj_get_int_truncated(arg);
    return arg == mp_const_true || arg == mp_const_false ? value : -1;
}

/* A buffer argument. flags: MP_BUFFER_READ or MP_BUFFER_RW. TypeError for what has no buffer, for
 * a str (MicroPython lends its bytes), and with MP_BUFFER_RW for what is read-only.
 * Twin: _pycodec._check_buffer */
static __attribute__((noinline)) void get_buffer(mp_obj_t arg, mp_buffer_info_t *info, mp_uint_t flags) {
    if (mp_obj_get_type(arg) == &mp_type_str) {
        raise_type_error();
    }
    mp_get_buffer_raise(arg, info, flags);
}

/* The bytes of args[0] from args[1] to args[2]; ValueError unless 0 <= start <= end <= its length.
 * Twin: _pycodec._check_range */
static uint8_t *get_range(const mp_obj_t *args, mp_uint_t flags, size_t *len) {
    mp_buffer_info_t info;
    get_buffer(args[0], &info, flags);
    size_t start = get_index(args[1]); /* huge if it is negative */
    size_t end = get_index(args[2]);
    if (start > end || end > info.len) {
        raise_value_error();
    }
    *len = end - start;
    return (uint8_t *)info.buf + start;
}

/* A mask key argument; ValueError unless it is four bytes. Twin: _pycodec._check_key */
static uint8_t *get_key(mp_obj_t arg, mp_uint_t flags) {
    mp_buffer_info_t info;
    get_buffer(arg, &info, flags);
    if (info.len != 4) {
        raise_value_error();
    }
    return info.buf;
}

/* parse_header(buf, start, end, hdr) -> size of the header, 0 while it is incomplete
 * hdr: the caller's [first, masked, length, bytearray(4)]. Twin: _pycodec.parse_header */
static mp_obj_t parse_header(size_t n_args, const mp_obj_t *args) {
    size_t len;
    const uint8_t *buf = get_range(args, MP_BUFFER_READ, &len);
    if (mp_obj_get_type(args[3]) != &mp_type_list) {
        raise_type_error();
    }
    mp_obj_list_t *hdr = MP_OBJ_TO_PTR(args[3]);
    if (hdr->len != 4) {
        raise_value_error();
    }
    mp_obj_t *items = hdr->items;
    uint8_t *key = get_key(items[3], MP_BUFFER_RW);

    ws_header_t header;
    int size = ws_parse_header(buf, len, &header);
    if (size < 0) {
        raise_value_error();
    }
    if (size > 0) {
        items[0] = MP_OBJ_NEW_SMALL_INT(header.first);
        items[1] = MP_OBJ_NEW_SMALL_INT(header.masked);
        items[2] = MP_OBJ_NEW_SMALL_INT(header.length);
        for (size_t i = 0; i < 4; i++) {
            key[i] = header.key[i];
        }
    }
    return MP_OBJ_NEW_SMALL_INT(size);
}

/* unmask(buf, start, end, key, phase) -> None. Twin: _pycodec.unmask */
static mp_obj_t unmask(size_t n_args, const mp_obj_t *args) {
    size_t len;
    uint8_t *buf = get_range(args, MP_BUFFER_RW, &len);
    const uint8_t *key = get_key(args[3], MP_BUFFER_READ);
    /* Only phase modulo 4 counts, so an int that wraps here is still right. */
    ws_unmask(buf, len, key, mp_obj_get_int_truncated(args[4]));
    return mp_const_none;
}

/* utf8(buf, start, end, state) -> the new state, negative for an error. Twin: _pycodec.utf8 */
static mp_obj_t utf8(size_t n_args, const mp_obj_t *args) {
    size_t len;
    const uint8_t *buf = get_range(args, MP_BUFFER_READ, &len);
    size_t state = get_index(args[3]);
    if (state > WS_UTF8_STATE_MAX) {
        raise_value_error();
    }
    return MP_OBJ_NEW_SMALL_INT(ws_utf8(buf, len, (int)state));
}

/* freeze(buf, size, text) -> buf itself, a bytearray that becomes bytes or str: objstr.h sees to it
 * that the one lies in memory like the other. Twin: _pycodec.freeze */
static mp_obj_t freeze(mp_obj_t buf, mp_obj_t size_in, mp_obj_t is_text) {
    MP_STATIC_ASSERT_STR_ARRAY_COMPATIBLE;
    if (mp_obj_get_type(buf) != &mp_type_bytearray) {
        raise_type_error();
    }
    mp_obj_str_t *string = MP_OBJ_TO_PTR(buf);
    size_t size = get_index(size_in);
    if (size >= string->len) {
        raise_value_error();
    }
    ((uint8_t *)string->data)[size] = 0; /* as behind all of MicroPython's strings */
    string->len = size;
    string->hash = 0; /* to be computed when it is needed */
    string->base.type = mp_obj_is_true(is_text) ? &mp_type_str : &mp_type_bytes;
    return buf;
}

/* extract(buf, start, end, key, text) -> bytes or str, None if it is to be str and is not UTF-8
 * Twin: _pycodec.extract */
static mp_obj_t extract(size_t n_args, const mp_obj_t *args) {
    size_t len;
    uint8_t *buf = get_range(args, MP_BUFFER_RW, &len);
    ws_unmask(buf, len, get_key(args[3], MP_BUFFER_READ), 0);
    if (mp_obj_is_true(args[4]) && ws_utf8(buf, len, WS_UTF8_ACCEPT) != WS_UTF8_ACCEPT) {
        return mp_const_none;
    }
    /* Not mp_obj_new_bytes or mp_obj_new_str, which hash all of it. */
    uint8_t *data = m_malloc_maybe(len + 1);
    if (data == NULL) {
        mp_raise_msg(&mp_type_MemoryError, NULL);
    }
    memmove(data, buf, len);
    mp_obj_t message = mp_obj_new_bytearray_by_ref(len + 1, data);
    return freeze(message, MP_OBJ_NEW_SMALL_INT(len), args[4]);
}

static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(parse_header_obj, 4, 4, parse_header);
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(unmask_obj, 5, 5, unmask);
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(utf8_obj, 4, 4, utf8);
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(extract_obj, 5, 5, extract);
static MP_DEFINE_CONST_FUN_OBJ_3(freeze_obj, freeze);

#if MICROPY_ENABLE_DYNRUNTIME
mp_obj_t mpy_init(mp_obj_fun_bc_t *self, size_t n_args, size_t n_kw, mp_obj_t *args) {
    MP_DYNRUNTIME_INIT_ENTRY
    mp_store_global(MP_QSTR_ABI, MP_OBJ_NEW_SMALL_INT(WS_ABI));
    mp_store_global(MP_QSTR_parse_header, MP_OBJ_FROM_PTR(&parse_header_obj));
    mp_store_global(MP_QSTR_unmask, MP_OBJ_FROM_PTR(&unmask_obj));
    mp_store_global(MP_QSTR_utf8, MP_OBJ_FROM_PTR(&utf8_obj));
    mp_store_global(MP_QSTR_extract, MP_OBJ_FROM_PTR(&extract_obj));
    mp_store_global(MP_QSTR_freeze, MP_OBJ_FROM_PTR(&freeze_obj));
    MP_DYNRUNTIME_INIT_EXIT
}
#endif
