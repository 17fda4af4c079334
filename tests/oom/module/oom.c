/* Allocations that fail on demand, in an interpreter for tests.
 *
 * What is to fail stands in a struct in memory that is shared with the test: the file that the environment's
 * OOM_CONTROL names. So the test arms it without an allocation in here. The twin of the struct is control.py.
 *
 * An allocation that fails does what one does in a full heap: it collects, then returns NULL. What never fails:
 * shrinking, freeing, and allocations while the heap is locked, which fail by themselves.
 */
#include <execinfo.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "py/gc.h"
#include "py/mpstate.h"
#include "py/obj.h"
#include "py/runtime.h"

#define FRAMES 16
#define MOST 8 /* failures of which the callers are noted */
#define TRACE 8192

typedef struct {
    volatile int32_t armed;
    volatile int32_t n;         /* the first allocation that fails, from 1 */
    volatile int32_t k;         /* how many fail in a row */
    volatile int32_t count;     /* of allocations since it was armed */
    volatile int32_t failed;
    volatile int32_t trace_len;
    uint64_t frames[MOST][FRAMES]; /* who called for those that failed: addresses in the executable, then 0 */
    char trace[TRACE];          /* the lines of Python that exceptions went through since then */
} control_t;

static control_t *control;
extern char __executable_start;

void *__real_gc_alloc(size_t n_bytes, unsigned int flags);
void *__real_gc_realloc(void *ptr, size_t n_bytes, bool allow_move);
void __real_mp_obj_exception_add_traceback(mp_obj_t self, qstr file, size_t line, qstr block);

__attribute__((constructor)) static void map_control(void) {
    const char *path = getenv("OOM_CONTROL");
    if (path == NULL) {
        static control_t none;
        control = &none;
        return;
    }
    int fd = open(path, O_RDWR);
    void *p = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof(control_t), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (p == MAP_FAILED) {
        perror(path);
        exit(1);
    }
    close(fd);
    control = p;
    void *frames[2];
    backtrace(frames, 2); /* so that it loads its library now */
}

static bool fails(size_t n_bytes) {
    control_t *c = control;
    if (!c->armed || n_bytes == 0 || MP_STATE_THREAD(gc_lock_depth) > 0) {
        return false;
    }
    int count = ++c->count;
    if (count < c->n || count >= c->n + c->k) {
        return false;
    }
    if (c->failed < MOST) {
        void *frames[FRAMES];
        int n = backtrace(frames, FRAMES);
        for (int i = 0; i < n; i++) {
            c->frames[c->failed][i] = (uintptr_t)frames[i] - (uintptr_t)&__executable_start;
        }
    }
    c->failed++;
    gc_collect();
    return true;
}

void *__wrap_gc_alloc(size_t n_bytes, unsigned int flags) {
    return fails(n_bytes) ? NULL : __real_gc_alloc(n_bytes, flags);
}

void *__wrap_gc_realloc(void *ptr, size_t n_bytes, bool allow_move) {
    if ((ptr == NULL || n_bytes > gc_nbytes(ptr)) && fails(n_bytes)) {
        return NULL;
    }
    return __real_gc_realloc(ptr, n_bytes, allow_move);
}

void __wrap_mp_obj_exception_add_traceback(mp_obj_t self, qstr file, size_t line, qstr block) {
    control_t *c = control;
    if (c->armed && c->failed) {
        int room = TRACE - c->trace_len;
        int n = snprintf(c->trace + c->trace_len, room, "%s %s:%u:%s\n",
            qstr_str(mp_obj_get_type(self)->name), qstr_str(file), (unsigned)line, qstr_str(block));
        if (n < room) {
            c->trace_len += n;
        }
    }
    __real_mp_obj_exception_add_traceback(self, file, line, block);
}

/* arm(n, k): as the test does from outside. */
static mp_obj_t oom_arm(mp_obj_t n, mp_obj_t k) {
    control->n = mp_obj_get_int(n);
    control->k = mp_obj_get_int(k);
    control->count = control->failed = control->trace_len = 0;
    memset(control->frames, 0, sizeof(control->frames));
    control->armed = 1;
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(oom_arm_obj, oom_arm);

/* disarm() -> how many allocations failed. */
static mp_obj_t oom_disarm(void) {
    control->armed = 0;
    return MP_OBJ_NEW_SMALL_INT(control->failed);
}
static MP_DEFINE_CONST_FUN_OBJ_0(oom_disarm_obj, oom_disarm);

/* objects(type) -> how many there are in the heap. As gc.c walks its table. */
static mp_obj_t oom_objects(mp_obj_t type) {
    mp_int_t n = 0;
    for (mp_state_mem_area_t *area = &MP_STATE_MEM(area); area != NULL; area =
        #if MICROPY_GC_SPLIT_HEAP
        area->next
        #else
        NULL
        #endif
        ) {
        for (size_t block = 0; block < area->gc_alloc_table_byte_len * 4; block++) {
            if (((area->gc_alloc_table_start[block / 4] >> (2 * (block & 3))) & 3) == 1) {
                n += *(mp_obj_t *)(area->gc_pool_start + block * MICROPY_BYTES_PER_GC_BLOCK) == type;
            }
        }
    }
    return MP_OBJ_NEW_SMALL_INT(n);
}
static MP_DEFINE_CONST_FUN_OBJ_1(oom_objects_obj, oom_objects);

/* SHA-1 (FIPS 180-4), in a bytearray of the caller's, all 0 at first. */
typedef struct {
    uint32_t h[5], length;
    uint8_t block[64];
} sha1_t;

static void sha1_block(sha1_t *s) {
    #define ROL(x, n) ((x) << (n) | (x) >> (32 - (n)))
    uint32_t w[80], a = s->h[0], b = s->h[1], c = s->h[2], d = s->h[3], e = s->h[4];
    for (int i = 0; i < 80; i++) {
        const uint8_t *p = s->block + 4 * i;
        w[i] = i < 16 ? (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3]
            : ROL(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
        uint32_t f = i < 20 ? (b & c) | (~b & d) : i < 40 ? b ^ c ^ d
            : i < 60 ? (b & c) | (b & d) | (c & d) : b ^ c ^ d;
        uint32_t k = i < 20 ? 0x5A827999 : i < 40 ? 0x6ED9EBA1 : i < 60 ? 0x8F1BBCDC : 0xCA62C1D6;
        uint32_t t = ROL(a, 5) + f + e + k + w[i];
        e = d, d = c, c = ROL(b, 30), b = a, a = t;
    }
    s->h[0] += a, s->h[1] += b, s->h[2] += c, s->h[3] += d, s->h[4] += e;
}

static void sha1_add(sha1_t *s, const uint8_t *data, size_t len) {
    static const uint32_t begin[5] = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
    if (s->h[0] == 0) {
        memcpy(s->h, begin, sizeof(begin));
    }
    while (len--) {
        s->block[s->length++ % 64] = *data++;
        if (s->length % 64 == 0) {
            sha1_block(s);
        }
    }
}

/* sha1_update(state, data) */
static mp_obj_t oom_sha1_update(mp_obj_t state, mp_obj_t data) {
    mp_buffer_info_t to, from;
    mp_get_buffer_raise(state, &to, MP_BUFFER_RW);
    mp_get_buffer_raise(data, &from, MP_BUFFER_READ);
    if (to.len != sizeof(sha1_t)) {
        mp_raise_ValueError(NULL);
    }
    sha1_add(to.buf, from.buf, from.len);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(oom_sha1_update_obj, oom_sha1_update);

/* sha1_digest(state) */
static mp_obj_t oom_sha1_digest(mp_obj_t state) {
    mp_buffer_info_t info;
    mp_get_buffer_raise(state, &info, MP_BUFFER_READ);
    sha1_t s = *(sha1_t *)info.buf;
    uint64_t bits = (uint64_t)s.length * 8;
    uint8_t end[8], out[20];
    for (int i = 0; i < 8; i++) {
        end[i] = bits >> (56 - 8 * i);
    }
    sha1_add(&s, (const uint8_t *)"\x80", 1);
    while (s.length % 64 != 56) {
        sha1_add(&s, (const uint8_t *)"", 1);
    }
    sha1_add(&s, end, 8);
    for (int i = 0; i < 20; i++) {
        out[i] = s.h[i / 4] >> (24 - 8 * (i % 4));
    }
    return mp_obj_new_bytes(out, 20);
}
static MP_DEFINE_CONST_FUN_OBJ_1(oom_sha1_digest_obj, oom_sha1_digest);

static const mp_rom_map_elem_t globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_oom) },
    { MP_ROM_QSTR(MP_QSTR_arm), MP_ROM_PTR(&oom_arm_obj) },
    { MP_ROM_QSTR(MP_QSTR_disarm), MP_ROM_PTR(&oom_disarm_obj) },
    { MP_ROM_QSTR(MP_QSTR_objects), MP_ROM_PTR(&oom_objects_obj) },
    { MP_ROM_QSTR(MP_QSTR_sha1_update), MP_ROM_PTR(&oom_sha1_update_obj) },
    { MP_ROM_QSTR(MP_QSTR_sha1_digest), MP_ROM_PTR(&oom_sha1_digest_obj) },
    { MP_ROM_QSTR(MP_QSTR_sha1_size), MP_ROM_INT(sizeof(sha1_t)) },
};
static MP_DEFINE_CONST_DICT(globals, globals_table);

const mp_obj_module_t oom_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&globals,
};

MP_REGISTER_MODULE(MP_QSTR_oom, oom_module);
