/* _wsbench: what the bench needs of C, as a MicroPython native module.
 *
 * The functions of ws_core, so that they can be counted by the byte, apart from the type Protocol that
 * calls them; with the checks that they had when they were the module's own, and figures were taken.
 * And a stream's functions, called as Protocol calls them, so that what a stream in Python takes can
 * be counted too. */
#include "py/dynruntime.h"
#include "py/objlist.h"
#include "py/stream.h"
#include "ws_core.h"

static __attribute__((noreturn, noinline)) void raise_value_error(void) {
    mp_raise_ValueError(NULL);
}

/* An int, as an index: huge if it is negative or no small int. */
static __attribute__((noinline)) mp_int_t get_index(mp_obj_t arg) {
    if (mp_obj_is_small_int(arg)) {
        return MP_OBJ_SMALL_INT_VALUE(arg);
    }
    mp_int_t value = mp_obj_get_int_truncated(arg);
    return arg == mp_const_true || arg == mp_const_false ? value : -1;
}

/* Any buffer but a str's. */
static __attribute__((noinline)) void get_buffer(mp_obj_t arg, mp_buffer_info_t *info, mp_uint_t flags) {
    if (mp_obj_get_type(arg) == &mp_type_str) {
        raise_value_error();
    }
    mp_get_buffer_raise(arg, info, flags);
}

/* The bytes of args[0] from args[1] to args[2]. */
static uint8_t *get_range(const mp_obj_t *args, mp_uint_t flags, size_t *len) {
    size_t start = get_index(args[1]);
    size_t end = get_index(args[2]);
    mp_buffer_info_t info;
    get_buffer(args[0], &info, flags);
    if (start > end || end > info.len) {
        raise_value_error();
    }
    *len = end - start;
    return (uint8_t *)info.buf + start;
}

static uint8_t *get_key(mp_obj_t arg, mp_uint_t flags) {
    mp_buffer_info_t info;
    get_buffer(arg, &info, flags);
    if (info.len != 4) {
        raise_value_error();
    }
    return info.buf;
}

/* parse_header(buf, start, end, [first, masked, length, key]) -> size of the header */
static mp_obj_t parse_header(size_t n_args, const mp_obj_t *args) {
    size_t len;
    const uint8_t *buf = get_range(args, MP_BUFFER_READ, &len);
    mp_obj_list_t *hdr = MP_OBJ_TO_PTR(args[3]);
    if (mp_obj_get_type(args[3]) != &mp_type_list || hdr->len != 4) {
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

/* unmask(buf, start, end, key, phase) */
static mp_obj_t unmask(size_t n_args, const mp_obj_t *args) {
    mp_int_t phase = get_index(args[4]);
    size_t len;
    uint8_t *buf = get_range(args, MP_BUFFER_RW, &len);
    ws_unmask(buf, len, get_key(args[3], MP_BUFFER_READ), phase);
    return mp_const_none;
}

/* utf8(buf, start, end, state) -> the new state, negative for an error */
static mp_obj_t utf8(size_t n_args, const mp_obj_t *args) {
    size_t state = get_index(args[3]);
    size_t len;
    const uint8_t *buf = get_range(args, MP_BUFFER_READ, &len);
    if (state > WS_UTF8_STATE_MAX) {
        raise_value_error();
    }
    return MP_OBJ_NEW_SMALL_INT(ws_utf8(buf, len, (int)state));
}

/* stream(stream, buf, what): have it read ('r') or written ('w'), or poll the stream ('p'), in one call
 * of C; with anything else, the stream is only looked up. */
static mp_obj_t stream(mp_obj_t stream_in, mp_obj_t buf, mp_obj_t what_in) {
    mp_buffer_info_t info;
    get_buffer(buf, &info, MP_BUFFER_RW);
    mp_int_t what = get_index(what_in);
    const mp_stream_p_t *stream = mp_get_stream_raise(stream_in, 0);
    int error = 0;
    if (what == 'r') {
        stream->read(stream_in, info.buf, info.len, &error);
    } else if (what == 'w') {
        stream->write(stream_in, info.buf, info.len, &error);
    } else if (what == 'p') {
        stream->ioctl(stream_in, MP_STREAM_POLL, MP_STREAM_POLL_RD, &error);
    }
    return mp_const_none;
}

static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(parse_header_obj, 4, 4, parse_header);
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(unmask_obj, 5, 5, unmask);
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(utf8_obj, 4, 4, utf8);
static MP_DEFINE_CONST_FUN_OBJ_3(stream_obj, stream);

mp_obj_t mpy_init(mp_obj_fun_bc_t *self, size_t n_args, size_t n_kw, mp_obj_t *args) {
    MP_DYNRUNTIME_INIT_ENTRY
    mp_store_global(MP_QSTR_parse_header, MP_OBJ_FROM_PTR(&parse_header_obj));
    mp_store_global(MP_QSTR_unmask, MP_OBJ_FROM_PTR(&unmask_obj));
    mp_store_global(MP_QSTR_utf8, MP_OBJ_FROM_PTR(&utf8_obj));
    mp_store_global(MP_QSTR_stream, MP_OBJ_FROM_PTR(&stream_obj));
    MP_DYNRUNTIME_INIT_EXIT
}
