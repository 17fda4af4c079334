/* _wsdeflate: compresses and inflates messages, for MicroPython: as a native module (natmod), or with
 * usermod_wsdeflate.c in a firmware.
 *
 * It joins ws_deflate.c to MicroPython, and takes the place of features/deflate.py where it is there. What
 * each function does, returns and raises is said in that file, once; tests/python/test_deflate.py holds
 * both to it, and cpython/deflate.py.
 */
#include "mod_glue.h"
#if MICROPY_ENABLE_DYNRUNTIME
/* For xtensawin, mpy_ld.py takes static functions at the same place in two files for one. */
#include "ws_deflate.c"
#define mp_type_OverflowError (*(mp_obj_type_t *)mp_load_global(MP_QSTR_OverflowError))
#endif
#include "ws_deflate.h"

#define VERSION 1
#define LENGTH_MAX 0x3FFFFFFFu /* a small int on every 32-bit port */
#define MIN_BITS 8
#define MAX_BITS 15

typedef struct {
    mp_obj_base_t base;
    mp_obj_t data;      /* the compressed message */
    uint8_t *ring;      /* its last bytes, inflated; NULL: there are none yet */
    uint32_t mask;      /* of positions in there */
    uint32_t length;    /* bytes that it becomes; LENGTH_MAX: as many, or more */
    ws_inflate_t s;
} inflater_t;

/* What is needed while one of the functions runs: allocated once, since a search for so much memory takes
 * longer than a short message does. */
typedef union {
    ws_inflate_t s;
    uint16_t table[WS_DEFLATE_TABLE];
} scratch_t;

#if MICROPY_ENABLE_DYNRUNTIME
/* Not static: mpy_ld.py links no static bss. */
mp_obj_full_type_t inflater_type;
scratch_t *the_scratch;
#define SCRATCH the_scratch
#else
MP_REGISTER_ROOT_POINTER(void *wsdeflate_scratch);
#define SCRATCH (*(scratch_t **)&MP_STATE_VM(wsdeflate_scratch))
extern const mp_obj_type_t inflater_type;
#endif

/* str or bytes of len bytes at data, with a 0 behind them, whose memory becomes its own. */
static NOINLINE mp_obj_t new_object(const mp_obj_type_t *type, const uint8_t *data, size_t len) {
    mp_obj_str_t *object = alloc(sizeof(*object));
    object->base.type = type;
    object->hash = 0; /* to be computed when it is needed */
    object->len = len;
    object->data = data;
    return MP_OBJ_FROM_PTR(object);
}

/* bytes at data, of whose memory, `size` bytes, it keeps what it needs: len + 1. */
static NOINLINE mp_obj_t new_bytes(uint8_t *data, size_t size, size_t len) {
    data[len] = 0;
    resize(data, size, len + 1); /* it stays where it is */
    return new_object(&mp_type_bytes, data, len);
}

/* An int from `least` to `most`. TypeError, ValueError. */
static NOINLINE uint32_t get_number(mp_obj_t arg, mp_int_t least, mp_int_t most) {
    mp_int_t n = mp_obj_get_int(arg);
    if (n < least || n > most) {
        mp_raise_ValueError(NULL);
    }
    return n;
}

/* TypeError, and ValueError if it is too long. */
static NOINLINE void get_buffer(mp_obj_t object, mp_buffer_info_t *info) {
    mp_get_buffer_raise(object, info, MP_BUFFER_READ);
    if (info->len > LENGTH_MAX) {
        mp_raise_ValueError(NULL);
    }
}

/* deflate(payload, bits, level) -> bytes, or None if it would not be shorter */
static mp_obj_t message_deflate(mp_obj_t payload, mp_obj_t bits_in, mp_obj_t level) {
    uint32_t bits = get_number(bits_in, MIN_BITS, MAX_BITS);
    mp_buffer_info_t info;
    get_buffer(payload, &info);
    if (level == INT(0)) {
        return mp_const_none;
    }
    size_t size = info.len + WS_DEFLATE_SLACK;
    uint8_t *memory = alloc(size);
    uint32_t n = ws_deflate(SCRATCH->table, info.buf, info.len, 1u << bits, memory);
    if (n) {
        return new_bytes(memory, size, n);
    }
    resize(memory, size, 0);
    return mp_const_none;
}

static NOINLINE __attribute__((noreturn)) void raise_overflow_error(void) {
    mp_raise_msg(&mp_type_OverflowError, NULL);
    for (;;) {
    }
}

/* ws_inflate(), and ValueError. */
static NOINLINE int next(ws_inflate_t *s, uint8_t *out, uint32_t mask, uint32_t end) {
    int result = ws_inflate(s, out, mask, end);
    s->data = NULL; /* the collector takes the shared one's for a use of the message */
    if (result >= WS_INFLATE_BAD) {
        mp_raise_ValueError(result == WS_INFLATE_BAD
            ? MP_ERROR_TEXT("bad compressed data") : MP_ERROR_TEXT("too many final blocks"));
    }
    return result;
}

/* inflate(data, bits, limit) -> bytes. ValueError: it is corrupt. OverflowError: it is longer than the limit.
 *
 * Most messages become four times as long, if not less: then once is enough. */
static mp_obj_t message_inflate(mp_obj_t data, mp_obj_t bits_in, mp_obj_t limit_in) {
    uint32_t bits = get_number(bits_in, MIN_BITS, MAX_BITS), limit = get_number(limit_in, 0, LENGTH_MAX);
    mp_buffer_info_t info;
    get_buffer(data, &info);
    ws_inflate_t *s = &SCRATCH->s;
    uint32_t room = info.len < LENGTH_MAX / 4 ? 4 * info.len + 32 : limit;
    room = room < limit ? room : limit;
    ws_inflate_begin(s, info.buf, info.len, 1u << bits);
    uint8_t *memory = resize(NULL, 0, room + 1);
    if (memory && next(s, memory, UINT32_MAX, room + 1) == WS_INFLATE_END) {
        return new_bytes(memory, room + 1, s->out);
    }
    resize(memory, room + 1, 0);
    s->data = info.buf;
    next(s, NULL, 0, limit + 1);
    uint32_t n = s->out;
    if (n > limit) {
        raise_overflow_error();
    }
    memory = alloc(n + 1);
    ws_inflate_begin(s, info.buf, info.len, 1u << bits);
    next(s, memory, UINT32_MAX, n + 1);
    return new_bytes(memory, n + 1, n);
}

/* An object of one type in the memory of one of the other, neither of which ever changes. TypeError. */
static NOINLINE mp_obj_t cast(const mp_obj_type_t *to, const mp_obj_type_t *from, mp_obj_t data) {
    mp_buffer_info_t info;
    if (mp_obj_get_type(data) != from) {
        mp_raise_TypeError(NULL);
    }
    get_buffer(data, &info);
    if (info.len) {
        return new_object(to, info.buf, info.len);
    }
    return to == &mp_type_str ? mp_obj_new_str(info.buf, 0) : mp_obj_new_bytes(info.buf, 0);
}

/* decode(bytes) -> str, for what is UTF-8 */
static mp_obj_t message_decode(mp_obj_t data) {
    return cast(&mp_type_str, &mp_type_bytes, data);
}

/* encode(str) -> bytes */
static mp_obj_t message_encode(mp_obj_t data) {
    return cast(&mp_type_bytes, &mp_type_str, data);
}

static NOINLINE inflater_t *get_self(mp_obj_t self_in) {
    inflater_t *self = MP_OBJ_TO_PTR(self_in);
    if (!mp_obj_is_obj(self_in) || self->base.type != (const mp_obj_type_t *)&inflater_type) {
        mp_raise_TypeError(NULL);
    }
    return self;
}

static NOINLINE void restart(inflater_t *self) {
    ws_inflate_begin(&self->s, NULL, self->s.len, self->s.window);
}

/* The message may have moved since the last time, if it is a bytearray. ValueError. */
static NOINLINE void go_on(inflater_t *self, uint8_t *out, uint32_t mask, uint32_t end) {
    mp_buffer_info_t info;
    get_buffer(self->data, &info);
    if (info.len != self->s.len) {
        mp_raise_ValueError(NULL);
    }
    self->s.data = info.buf;
    next(&self->s, out, mask, end);
}

/* Inflater(data, few, bits): ValueError if it is corrupt. */
static mp_obj_t inflater_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    (void)type;
    mp_arg_check_num(n_args, n_kw, 3, 3, false);
    uint32_t bits = get_number(args[2], MIN_BITS, MAX_BITS);
    mp_buffer_info_t info;
    get_buffer(args[0], &info);
    inflater_t *self = alloc(sizeof(*self));
    self->base.type = (const mp_obj_type_t *)&inflater_type;
    self->data = args[0];
    self->ring = NULL;
    self->s.len = info.len;
    self->s.window = 1u << bits;
    restart(self);
    go_on(self, NULL, 0, LENGTH_MAX);
    self->length = self->s.out;
    restart(self);
    return MP_OBJ_FROM_PTR(self);
}

/* inflater.rewind() */
static mp_obj_t inflater_rewind(mp_obj_t self_in) {
    restart(get_self(self_in));
    return mp_const_none;
}

/* inflater.readinto(buf) -> bytes */
static mp_obj_t inflater_readinto(mp_obj_t self_in, mp_obj_t buf) {
    inflater_t *self = get_self(self_in);
    mp_buffer_info_t info;
    if (!self->ring) {
        uint32_t size = 1;
        while (size < self->length && size < self->s.window) {
            size <<= 1;
        }
        self->ring = alloc(size);
        self->mask = size - 1;
    }
    mp_get_buffer_raise(buf, &info, MP_BUFFER_RW);
    uint8_t *to = info.buf;
    uint32_t done = 0, room = info.len < LENGTH_MAX ? info.len : LENGTH_MAX;
    while (done < room && !self->s.result) {
        /* No more than the ring has, and what is there already can be copied. */
        uint32_t from = self->s.out, piece = room - done < self->mask + 1 ? room - done : self->mask + 1;
        go_on(self, self->ring, self->mask, from + piece);
        for (; from < self->s.out; from++) {
            to[done++] = self->ring[from & self->mask];
        }
    }
    return INT(done);
}

/* inflater.size: of the compressed message, in bytes; inflater.sure: it sees each wrong distance */
static void inflater_attr(mp_obj_t self_in, qstr attr, mp_obj_t *dest) {
    inflater_t *self = MP_OBJ_TO_PTR(self_in);
    if (dest[0] != MP_OBJ_NULL) {
        return;
    }
    if (attr == MP_QSTR_size) {
        dest[0] = INT(self->s.len);
    } else if (attr == MP_QSTR_sure) {
        dest[0] = mp_const_true;
    } else {
        dest[1] = MP_OBJ_SENTINEL;
    }
}

/* At the module's import. */
static void init_scratch(void) {
    SCRATCH = alloc(sizeof(scratch_t));
}

static MP_DEFINE_CONST_FUN_OBJ_3(deflate_obj, message_deflate);
static MP_DEFINE_CONST_FUN_OBJ_3(inflate_obj, message_inflate);
static MP_DEFINE_CONST_FUN_OBJ_1(decode_obj, message_decode);
static MP_DEFINE_CONST_FUN_OBJ_1(encode_obj, message_encode);
static MP_DEFINE_CONST_FUN_OBJ_1(rewind_obj, inflater_rewind);
static MP_DEFINE_CONST_FUN_OBJ_2(readinto_obj, inflater_readinto);

#if MICROPY_ENABLE_DYNRUNTIME
mp_map_elem_t methods[2];
static MP_DEFINE_CONST_DICT(methods_dict, methods);

mp_obj_t mpy_init(mp_obj_fun_bc_t *self, size_t n_args, size_t n_kw, mp_obj_t *args) {
    MP_DYNRUNTIME_INIT_ENTRY
    mp_map_elem_t *method = methods;
    #define METHOD(qstr, name) method->key = MP_OBJ_NEW_QSTR(qstr); method++->value = MP_OBJ_FROM_PTR(&name##_obj);
    METHOD(MP_QSTR_rewind, rewind)
    METHOD(MP_QSTR_readinto, readinto)
    inflater_type.base.type = &mp_type_type;
    inflater_type.name = MP_QSTR_Inflater;
    MP_OBJ_TYPE_SET_SLOT(&inflater_type, make_new, inflater_make_new, 0);
    MP_OBJ_TYPE_SET_SLOT(&inflater_type, attr, inflater_attr, 1);
    MP_OBJ_TYPE_SET_SLOT(&inflater_type, locals_dict, &methods_dict, 2);
    init_scratch();
    mp_store_global(MP_QSTR_version, INT(VERSION));
    mp_store_global(MP_QSTR_MIN_BITS, INT(MIN_BITS));
    mp_store_global(MP_QSTR_Inflater, MP_OBJ_FROM_PTR(&inflater_type));
    mp_store_global(MP_QSTR_inflate, MP_OBJ_FROM_PTR(&inflate_obj));
    mp_store_global(MP_QSTR_decode, MP_OBJ_FROM_PTR(&decode_obj));
    mp_store_global(MP_QSTR_encode, MP_OBJ_FROM_PTR(&encode_obj));
    mp_store_global(MP_QSTR_deflate, MP_OBJ_FROM_PTR(&deflate_obj));
    MP_DYNRUNTIME_INIT_EXIT
}
#endif
