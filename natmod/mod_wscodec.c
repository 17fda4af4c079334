/* _wscodec: the type Protocol, which is the protocol of one connection, for MicroPython: as a native
 * module (natmod), or with usermod_wscodec.c in a firmware.
 *
 * It joins ws_protocol.c to MicroPython: it reads from and writes to the connection's stream, allocates
 * messages, and queues tasks in asyncio. The Python twin is core/twin.py; what each method does, returns
 * and raises is said there, once, and tests/contract/ holds both to it.
 *
 * Three dangers are met everywhere here:
 * - Memory ends. A method that allocates does so before it changes anything.
 * - Python code runs inside a call (a stream written in Python, `__int__` of an argument). Scalars are
 *   converted before any address is taken; the address of a buffer of Python's is asked for again after
 *   each read or write; a call from inside a stream's own method is refused.
 * - The task that called may be cancelled wherever it waits, so nothing is kept in a task.
 */
#include "mod_glue.h"
#if MICROPY_ENABLE_DYNRUNTIME
#define memmove mp_fun_table.memmove_
#define memset mp_fun_table.memset_
#else
#include <string.h>
#endif
#include "py/mperrno.h"
#include "py/objlist.h"
#include "py/stream.h"
#include "ws_protocol.h"

/* Events of read() besides those of ws_protocol.h. Twin: frames.END and so on */
enum { EV_END = -4, EV_BLOCKED = -5, EV_WOKEN = -6 };

/* What write() returns if it is not None. */
enum { YIELD = 1, CORKED, WAITS, BUSY, UNREAD };

enum {
    BURST = 32,     /* reads and writes without waiting, until other tasks get their turn */
    ALIGN = 2,      /* where reading begins: the payload of a small masked frame is aligned then */
    LONG = 4096,    /* bytes of a frame: behind it let some gather before they are read */
    MANY = 32768,   /* bytes of a message for which the search for memory is helped on */
    FIRST = 1024,   /* bytes of a long frame that are copied behind its header: no tiny segment */
    SCRATCH = 64,   /* bytes on the stack to make a frame in, if there is no spare buffer */
    HEADER_MAX = 14
};

/* self->more: whether to read before waiting, between two frames. */
enum { MORE_NO, MORE_YES, MORE_WAITED /* to be seen by how much the next read brings */ };

/* What all connections share. */
typedef struct {
    uint8_t *spare;             /* the read buffer that no connection holds, and its size */
    uint32_t spare_size;
    mp_obj_t core;              /* asyncio.core */
    mp_obj_t queue;             /* its _io_queue, and what is often used of that: */
    mp_obj_t map, enlist;       /* map, poller.register */
    uint32_t held;              /* bytes of messages in progress */
    uint32_t activity;          /* how many reads have brought something */
} shared_t;

typedef struct {
    mp_obj_base_t base;
    shared_t *shared;
    ws_protocol_t p;
    mp_obj_t stream;       /* None: there is none */
    mp_obj_t urandom;      /* of a client, else None */
    mp_obj_t sink;         /* the buffer that messages go to, or NULL */
    mp_obj_t data;         /* what came with the last event, or NULL */
    mp_obj_t entry, key;   /* in asyncio's queue: [reading task, writing task, stream], id(stream) */
    mp_obj_t pending;      /* payload of the frame that is being sent, or NULL */
    uint8_t *out;          /* corked frames: out[out_start..out_end) */
    uintptr_t inside;      /* the stack's top while the stream runs, else 0 */
    uint32_t length;       /* of the frame that is being sent: bytes of payload */
    uint32_t sent;         /* bytes of that frame, header included */
    uint32_t received;
    uint32_t default_limit, buffer_size;
    uint32_t held, held_limit; /* bytes of the message in progress; most of all connections together */
    uint32_t activity;         /* the shared one, as of the last read that has brought something */
    uint16_t out_start, out_end;
    uint8_t mask[4], first; /* of the frame that is being sent */
    uint8_t burst, more;
    uint8_t blocked;       /* something waits for flush() */
    uint8_t polled;        /* somebody looks whether frames get on */
    uint8_t woken;         /* read() has to return EV_WOKEN */
    uint8_t aborted;
    uint8_t unread;        /* frames written since read() has returned something, 2 at most; 255: it has
                              not, or a task waits for it to */
    uint8_t enlisting;     /* asyncio's queue may have half an entry of the stream */
    uint8_t yields;        /* `await protocol` has to */
    int8_t event;          /* of the last read() */
    int8_t last;           /* after CLOSE, an error or END: that event, for ever */
} protocol_t;

#if MICROPY_ENABLE_DYNRUNTIME
/* Not static: mpy_ld.py links no static bss. */
mp_obj_full_type_t protocol_type;
shared_t *all_share;
#define ALL_SHARE all_share
#else
MP_REGISTER_ROOT_POINTER(void *wscodec_shared);
#define ALL_SHARE (*(shared_t **)&MP_STATE_VM(wscodec_shared))
extern const mp_obj_type_t protocol_type;
#endif

void ws_move(void *to, const void *from, size_t n) {
    memmove(to, from, n);
}

/* Out of line, since each use would repeat the look-up of the type. Without texts: mpy_ld.py takes the
 * strings of two files for one on xtensawin, and ws_protocol.c has some. */
static NOINLINE __attribute__((noreturn)) void raise_value_error(void) {
    mp_raise_ValueError(NULL);
}

static NOINLINE __attribute__((noreturn)) void raise_type_error(void) {
    mp_raise_TypeError(NULL);
}

static NOINLINE __attribute__((noreturn)) void raise_os_error(int number) {
    mp_raise_OSError(number);
    for (;;) {
    }
}

static NOINLINE __attribute__((noreturn)) void raise_busy(void) {
    mp_raise_msg(&mp_type_RuntimeError, NULL);
}

static NOINLINE mp_obj_t call(mp_obj_t function, size_t n, const mp_obj_t *args) {
    return mp_call_function_n_kw(function, n, 0, args);
}

static NOINLINE void get_buffer(mp_obj_t object, mp_buffer_info_t *info) {
    mp_get_buffer_raise(object, info, MP_BUFFER_READ);
}

static NOINLINE mp_obj_t attribute(mp_obj_t object, qstr name) {
    return mp_load_attr(object, name);
}

/* The object of a method. TypeError. */
static NOINLINE protocol_t *get_object(mp_obj_t self_in) {
    protocol_t *self = MP_OBJ_TO_PTR(self_in);
    if (!mp_obj_is_obj(self_in) || self->base.type != (const mp_obj_type_t *)&protocol_type) {
        raise_type_error();
    }
    return self;
}

/* The object, for a method that must not run inside the stream's own: RuntimeError. (One that has raised is
 * behind us, since the stack is not as deep any more, or abort() has been called.) */
static NOINLINE protocol_t *get_self(mp_obj_t self_in) {
    protocol_t *self = get_object(self_in);
    if ((uintptr_t)__builtin_frame_address(0) < self->inside && !self->aborted) {
        raise_busy();
    }
    return self;
}

/* A number of bytes or fragments: WS_LENGTH_MAX at most. TypeError unless it is an int or a bool. */
static NOINLINE mp_int_t get_number(mp_obj_t arg) {
    if (!mp_obj_is_small_int(arg)) {
        if (arg == mp_const_true || arg == mp_const_false) {
            return arg == mp_const_true;
        }
        if (mp_obj_get_type(arg) != &mp_type_int) {
            raise_type_error();
        }
        return WS_LENGTH_MAX;
    }
    mp_int_t n = MP_OBJ_SMALL_INT_VALUE(arg);
    return n < (mp_int_t)WS_LENGTH_MAX ? n : (mp_int_t)WS_LENGTH_MAX;
}

/* Protocol(stream, urandom, buffer_size, limit, max_fragments, compressed_limit, held_limit) */
static mp_obj_t protocol_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    (void)type;
    mp_arg_check_num(n_args, n_kw, 7, 7, false);
    uint32_t n[5];
    for (size_t i = 0; i < 5; i++) {
        mp_int_t value = get_number(args[2 + i]);
        if (value < 0) {
            raise_value_error();
        }
        n[i] = value;
    }
    int last = EV_END; /* as after abort() */
    if (args[0] != mp_const_none) {
        mp_get_stream_raise(args[0], MP_STREAM_OP_READ | MP_STREAM_OP_WRITE);
        last = 0;
    }
    uint32_t size = n[0] < WS_BUFFER_MIN ? WS_BUFFER_MIN : n[0];
    shared_t *shared = ALL_SHARE;
    if (shared->spare_size != size) {
        shared->spare = alloc(size);
        shared->spare_size = size;
    }
    protocol_t *self = alloc(sizeof(*self));
    memset(self, 0, sizeof(*self));
    self->base.type = (const mp_obj_type_t *)&protocol_type;
    self->shared = shared;
    self->stream = args[0];
    self->urandom = args[1];
    self->buffer_size = size;
    self->default_limit = n[1];
    self->p.max_fragments = n[2];
    self->p.compressed_limit = n[3];
    self->held_limit = n[4];
    self->p.options = (args[1] == mp_const_none ? 0 : WS_CLIENT) | (n[3] ? WS_RSV1 : 0);
    self->burst = BURST;
    self->more = MORE_YES;
    self->unread = 255;
    self->aborted = self->last = last;
    return MP_OBJ_FROM_PTR(self);
}

/* Nothing in the read buffer is needed any more: let other connections have it. */
static NOINLINE void release_buffer(protocol_t *self) {
    ws_protocol_t *p = &self->p;
    p->start = p->end = 0;
    if (p->buf) {
        if (self->shared->spare_size == self->buffer_size) {
            self->shared->spare = p->buf;
        }
        p->buf = NULL;
    }
}

/* The stream's read or write: bytes, or -1 if it would have to wait. OSError. */
static NOINLINE mp_int_t transfer(protocol_t *self, void *buf, mp_uint_t len, int operation) {
    int error = MP_EIO;
    if (self->aborted) {
        raise_os_error(MP_ECONNABORTED);
    }
    const mp_stream_p_t *stream = mp_get_stream_raise(self->stream, operation);
    self->inside = (uintptr_t)__builtin_frame_address(0);
    mp_uint_t n;
    if (operation == MP_STREAM_OP_READ) {
        n = stream->read(self->stream, buf, len, &error);
    } else {
        n = stream->write(self->stream, buf, len, &error);
    }
    self->inside = 0;
    if (self->aborted) {
        raise_os_error(MP_ECONNABORTED);
    }
    if (n > len) {
        if (n == MP_STREAM_ERROR && error == MP_EAGAIN) {
            return -1;
        }
        raise_os_error(error);
    }
    return n;
}

/* Read once, to the read buffer or straight to the message: bytes, 0 at the end, -1 if nothing is there.
 * MemoryError: there is no room for a read buffer. */
static NOINLINE mp_int_t read_once(protocol_t *self) {
    ws_protocol_t *p = &self->p;
    uint8_t *to = p->msg + p->size;
    uint32_t space = ws_direct(p, self->buffer_size);
    bool direct = space;
    if (!direct) {
        if (!p->buf) {
            uint8_t *buf = self->shared->spare_size == self->buffer_size ? self->shared->spare : NULL;
            if (!buf) {
                buf = alloc(self->buffer_size);
            }
            self->shared->spare = NULL;
            p->buf = buf;
            p->start = p->end = ALIGN;
        } else if (p->start) {
            /* What is left is short: a part of a header or of a control frame. */
            p->end -= p->start;
            memmove(p->buf, p->buf + p->start, p->end);
            p->start = 0;
        }
        to = p->buf + p->end;
        space = self->buffer_size - p->end;
    }
    mp_int_t n = transfer(self, to, space, MP_STREAM_OP_READ);
    if (n > 0) {
        self->received += n;
        self->activity = ++self->shared->activity;
        if (direct) {
            p->arrived = n;
        } else {
            p->end += n;
        }
    }
    if (p->start == p->end) {
        release_buffer(self);
    }
    return n;
}

/* The two tasks and the stream of self->entry. */
static mp_obj_t *entry_items(protocol_t *self) {
    return ((mp_obj_list_t *)MP_OBJ_TO_PTR(self->entry))->items;
}

/* Let asyncio's queue know of the tasks in self->entry, which it may have forgotten. */
static NOINLINE void enlist_entry(protocol_t *self, mp_obj_t *items) {
    unsigned flags = (items[0] == mp_const_none ? 0 : MP_STREAM_POLL_RD) | (items[1] == mp_const_none ? 0 : MP_STREAM_POLL_WR);
    if (flags) {
        mp_obj_t args[2] = { self->stream, INT(flags) };
        self->enlisting = 1;
        mp_obj_dict_store(self->shared->map, self->key, self->entry);
        call(self->shared->enlist, 2, args);
        self->enlisting = 0;
    }
}

/* self->entry's items; in them None in place of tasks that do not wait any more, as one that was cancelled. */
static NOINLINE mp_obj_t *waiting_tasks(protocol_t *self) {
    mp_obj_t now = attribute(self->shared->core, MP_QSTR__io_queue);
    if (now != self->shared->queue) {
        self->shared->map = attribute(now, MP_QSTR_map);
        self->shared->enlist = attribute(attribute(now, MP_QSTR_poller), MP_QSTR_register);
        self->shared->queue = now;
    }
    if (!self->entry) {
        mp_obj_t items[3] = { mp_const_none, mp_const_none, self->stream };
        self->key = call(mp_load_global(MP_QSTR_id), 1, &self->stream);
        self->entry = mp_obj_new_list(3, items);
    }
    mp_obj_t *items = entry_items(self);
    for (size_t i = 0; i < 2; i++) {
        if (items[i] != mp_const_none && attribute(items[i], MP_QSTR_data) != now) {
            items[i] = mp_const_none;
        }
    }
    return items;
}

/* object.name(...) with n arguments in method[2...]. A bound method, which takes memory, is not made. */
static NOINLINE void call_method(mp_obj_t object, qstr name, size_t n, mp_obj_t *method) {
    mp_load_method(object, name, method);
    call(method[0], n + 1, method + 1);
}

/* A task that waits for the stream runs next. */
static NOINLINE void run_next(const protocol_t *self, mp_obj_t *task) {
    mp_obj_t method[3];
    method[2] = *task;
    *task = mp_const_none;
    call_method(attribute(self->shared->core, MP_QSTR__task_queue), MP_QSTR_push, 1, method);
}

/* Bytes that corked frames may have together. */
static uint32_t cork_size(const protocol_t *self) {
    return self->buffer_size < 8192 ? 1024 : 16384;
}

/* Give the cork's memory back, if nothing is in there. */
static NOINLINE void free_cork(protocol_t *self) {
    if (self->out && !self->out_end) {
        resize(self->out, cork_size(self), 0);
        self->out = NULL;
    }
}

/* The current task waits from now on, once it yields: to read (0) or to write (1). False: another one
 * does already. */
static NOINLINE bool enqueue(protocol_t *self, size_t direction) {
    mp_obj_t *items = waiting_tasks(self);
    if (items[direction] != mp_const_none) {
        return false;
    }
    mp_obj_t task = attribute(self->shared->core, MP_QSTR_cur_task);
    items[direction] = task;
    if (!direction) {
        self->unread = 255;
    }
    enlist_entry(self, items);
    mp_store_attr(task, MP_QSTR_data, self->shared->queue);
    free_cork(self);
    self->burst = BURST;
    self->yields = 1;
    return true;
}

/* `await protocol`, behind a call that has queued the current task: yields once. No other task can be in
 * between, so that one flag is enough. */
static mp_obj_t protocol_iternext(mp_obj_t self_in) {
    protocol_t *self = MP_OBJ_TO_PTR(self_in);
    bool yields = self->yields;
    self->yields = 0;
    self->inside = 0; /* a task that awaits is not inside the stream's own method: that has raised */
    return yields ? mp_const_none : MP_OBJ_STOP_ITERATION;
}

/* So many bytes are held for the message in progress. */
static void hold(protocol_t *self, uint32_t n) {
    self->shared->held += n - self->held;
    self->held = n;
}

/* Make room for the message in progress; twice that, while fragments are to follow, so that many short
 * ones do not copy it each time. False: there is no memory, or all connections would hold more than they
 * may. (One alone may hold as much as there is.) */
static NOINLINE bool make_room(protocol_t *self) {
    ws_protocol_t *p = &self->p;
    uint32_t want = p->total, room = 2 * want, others = self->shared->held - self->held;
    uint8_t *old = p->room ? p->msg : NULL, *msg = NULL;
    bool is_whole = p->hdr.first >= 0x80 && p->left <= p->end - p->start;
    if (!is_whole && others && others + want > self->held_limit) {
        return false;
    }
    if (p->hdr.first < 0x80 && want < p->limit / 2) {
        msg = resize(old, p->room + 1, room + 1); /* a 0 stands behind all strings */
    }
    if (!msg) {
        room = want;
        msg = resize(old, p->room + 1, room + 1);
        if (!msg) {
            return false;
        }
    }
    /* MicroPython looks for a long block from where the last block of one unit was (py/gc.c,
     * gc_last_free_atb_index): without some of these it passes over all long messages before, each time. */
    for (uint32_t n = room < MANY ? 0 : room >> 13; n; n--) {
        resize(NULL, 0, 1);
    }
    p->room = room;
    p->msg = msg;
    hold(self, room);
    return true;
}

/* str or bytes of len bytes at data, whose memory (for one byte more) becomes its own; NULL: no memory. */
static NOINLINE mp_obj_t new_message(const mp_obj_type_t *type, uint8_t *data, size_t len) {
    if (!len) {
        const void *nothing = type; /* anywhere */
        return type == &mp_type_str ? mp_obj_new_str(nothing, 0) : mp_obj_new_bytes(nothing, 0);
    }
    mp_obj_str_t *object = resize(NULL, 0, sizeof(*object));
    if (!object) {
        return MP_OBJ_NULL;
    }
    object->base.type = type;
    object->hash = 0; /* to be computed when it is needed */
    object->len = len;
    object->data = data;
    data[len] = 0;
    return MP_OBJ_FROM_PTR(object);
}

/* The address of the sink, which Python may have moved since the last look. TypeError, ValueError: see
 * read(). */
static NOINLINE void refresh_sink(protocol_t *self) {
    ws_protocol_t *p = &self->p;
    mp_buffer_info_t info;
    mp_get_buffer_raise(self->sink, &info, MP_BUFFER_RW);
    if (!info.len || (p->sink == WS_BUFFER && info.len < p->size + p->arrived)) {
        if (p->arrived) {
            self->last = EV_END; /* it was cut while something was read to it, which is lost */
        }
        raise_value_error();
    }
    if (!p->in_message || p->sink != WS_OWN) {
        p->msg = info.buf;
        p->room = info.len;
    }
}

/* From now on messages go to this buffer, or if it is NULL to objects of their own. RuntimeError: see
 * read(). */
static NOINLINE void set_sink(protocol_t *self, mp_obj_t sink) {
    ws_protocol_t *p = &self->p;
    if (p->in_message && p->sink == WS_OWN && !p->compressed) {
        raise_busy();
    }
    if (p->sink == WS_BUFFER) {
        p->sink = WS_SKIP;
        p->size = 0;
    }
    p->next_sink = sink ? WS_BUFFER : WS_OWN;
    self->sink = sink;
}

/* A control frame's payload, or a Close's reason, as an object. */
static NOINLINE int keep_data(protocol_t *self, int event) {
    ws_protocol_t *p = &self->p;
    size_t len = p->data_len;
    uint8_t *data = resize(NULL, 0, len + 1);
    if (!data) {
        len = 0;
        if (event != WS_CLOSE) {
            return WS_ERR_MEMORY;
        }
    } else {
        memmove(data, p->data, len);
    }
    self->data = new_message(event == WS_CLOSE ? &mp_type_str : &mp_type_bytes, data, len);
    return self->data ? event : WS_ERR_MEMORY;
}

/* What has arrived: as ws_next(), but for what read() gives memory for. */
static NOINLINE int next_event(protocol_t *self) {
    ws_protocol_t *p = &self->p;
    if (!p->buf && !p->in_frame) {
        return WS_IDLE; /* nearly always: nothing is left of the message before */
    }
    int event;
    while ((event = ws_next(p)) == WS_ROOM) {
        if (!make_room(self)) {
            return WS_ERR_MEMORY;
        }
    }
    if (event >= WS_CLOSE) {
        event = keep_data(self, event);
    }
    if (p->start == p->end) {
        release_buffer(self);
    }
    return event;
}

/* From now on this is all that read() finds. Twin: Receiving._end */
static NOINLINE void finish(protocol_t *self, int event) {
    self->event = self->last = event;
    self->p.msg = NULL;
    self->p.room = 0;
    hold(self, 0);
}

/* The message that is complete, or a piece of it, for read(): see there. NULL: no memory. */
static NOINLINE mp_obj_t take_message(protocol_t *self, int event) {
    ws_protocol_t *p = &self->p;
    size_t size = p->size;
    p->size = 0;
    if (p->sink == WS_BUFFER) {
        return INT(size);
    }
    mp_obj_t message = new_message(event == WS_TEXT && !p->compressed ? &mp_type_str : &mp_type_bytes, p->msg, size);
    p->msg = NULL; /* or it would stay in memory */
    p->room = 0;
    hold(self, 0);
    if (message && p->compressed) {
        self->data = message;
        message = mp_const_false;
    }
    return message;
}

static bool flush_out(protocol_t *self);

/* Read, or let the task wait: false if there is something to return: self->event, of which WS_IDLE and WS_MORE
 * stand for None. */
static NOINLINE bool read_or_wait(protocol_t *self, int event) {
    if (self->out_end) {
        if (flush_out(self)) {
            self->event = EV_BLOCKED;
            return false;
        }
        return true; /* Python may have moved the sink */
    }
    if (self->burst && (event || self->more)) {
        self->burst--;
        mp_int_t n = read_once(self);
        if (n == 0) {
            finish(self, EV_END);
            return false;
        }
        if (n < 0 || (event && self->p.hdr.length > LONG)) {
            self->more = MORE_NO;
        } else if (self->more == MORE_WAITED) {
            self->more = self->p.end == self->buffer_size;
        }
        if (n > 0) {
            return true;
        }
    }
    if (!event && self->p.in_message && !self->polled) {
        event = WS_MORE; /* between fragments; somebody has to look whether the message gets on */
    }
    self->event = event;
    if (!event || self->polled) {
        self->more = MORE_WAITED;
        if (!enqueue(self, 0)) {
            self->event = EV_WOKEN;
        }
    }
    return false;
}

/* read(limit, buffer). Twin: Protocol.read */
static mp_obj_t protocol_read(mp_obj_t self_in, mp_obj_t limit_in, mp_obj_t buffer) {
    mp_int_t limit = get_number(limit_in);
    protocol_t *self = get_self(self_in);
    ws_protocol_t *p = &self->p;
    p->hold = buffer == mp_const_false;
    if (p->hold || buffer == mp_const_none) {
        buffer = MP_OBJ_NULL;
    }
    self->data = MP_OBJ_NULL;
    self->event = self->last;
    if (self->last) {
        return mp_const_false;
    }
    if (self->woken) {
        self->woken = 0;
        self->event = EV_WOKEN;
        return mp_const_false;
    }
    self->unread = 0;
    if (buffer != self->sink) {
        if (buffer) {
            mp_buffer_info_t info;
            mp_get_buffer_raise(buffer, &info, MP_BUFFER_RW);
            if (!info.len) {
                raise_value_error();
            }
        }
        set_sink(self, buffer);
    }
    p->limit = limit > 0 ? (uint32_t)limit : limit ? self->default_limit : WS_LENGTH_MAX;
    int event;
    do {
        if (self->sink) {
            refresh_sink(self);
        }
        event = next_event(self);
        if ((event > 0 && event < WS_CLOSE) || (event == WS_FULL && !p->hold)) {
            self->event = event;
            mp_obj_t message = take_message(self, event);
            if (message) {
                return message;
            }
            event = WS_ERR_MEMORY;
        }
        if (event > 0 || event < WS_MORE) {
            self->event = event;
            if (event == WS_CLOSE || event < WS_FULL) {
                finish(self, event);
            }
            return mp_const_false;
        }
    } while (read_or_wait(self, event));
    event = self->event;
    return event == WS_IDLE || (event == WS_MORE && self->polled) ? mp_const_none : mp_const_false;
}

/* Bytes of the header of the frame that is being sent. */
static uint32_t make_header(const protocol_t *self, uint8_t *header) {
    uint32_t size = ws_write_header(header, self->first, self->length);
    if (self->p.options & WS_CLIENT) {
        header[1] |= 0x80;
        memmove(header + size, self->mask, 4);
        size += 4;
    }
    return size;
}

/* Make the frame that is being sent, from its byte `from` on, as far as there is room; the bytes. */
static NOINLINE uint32_t compose(const protocol_t *self, uint8_t *to, uint32_t room, uint32_t from, const uint8_t *payload) {
    uint8_t header[HEADER_MAX];
    uint32_t size = make_header(self, header), n = 0;
    if (from < size) {
        n = size - from;
        memmove(to, header + from, n); /* of a loop gcc would make memcpy, which does not link */
        from = size;
    }
    from -= size;
    uint32_t part = self->length - from;
    if (part > room - n) {
        part = room - n;
    }
    memmove(to + n, payload + from, part);
    if (self->p.options & WS_CLIENT) {
        ws_unmask(to + n, part, self->mask, from);
    }
    return n + part;
}

/* Hand the frame of this payload to the stream, from self->sent on: whether all of it went. */
static NOINLINE bool send_frame(protocol_t *self, mp_obj_t data) {
    uint8_t header[HEADER_MAX], stack[SCRATCH], *scratch = stack;
    uint32_t header_size = make_header(self, header), room = SCRATCH;
    uint8_t *own = self->shared->spare_size == self->buffer_size ? self->shared->spare : NULL;
    if (own) {
        /* Nobody else may have it while the stream's own Python looks at it. */
        self->shared->spare = NULL;
        scratch = own;
        room = self->shared->spare_size;
    }
    if (!(self->p.options & WS_CLIENT) && header_size + self->length > room - 3 && room > FIRST) {
        room = FIRST; /* the rest is not copied */
    }
    bool done = false;
    for (;;) {
        mp_buffer_info_t info; /* again, since Python may have moved it */
        get_buffer(data, &info);
        if (info.len != self->length) {
            raise_os_error(MP_EINVAL);
        }
        uint32_t n = header_size + self->length - self->sent;
        if (!n) {
            done = true;
            break;
        }
        uint8_t *from = (uint8_t *)info.buf + self->sent - header_size;
        if (self->sent < header_size || self->p.options & WS_CLIENT) {
            from = scratch + (-header_size & 3); /* the payload is aligned then */
            n = compose(self, from, room - 3, self->sent, info.buf);
        }
        mp_int_t taken = transfer(self, from, n, MP_STREAM_OP_WRITE);
        if (taken > 0) {
            self->sent += taken;
        }
        if (taken < (mp_int_t)n) {
            break;
        }
    }
    if (own && self->shared->spare_size == self->buffer_size) {
        self->shared->spare = own;
    }
    return done;
}

/* Hand to the stream what waits: whether something still does. */
static NOINLINE bool flush_out(protocol_t *self) {
    self->blocked = 1;
    uint32_t n = self->out_end - self->out_start;
    if (n) {
        mp_int_t taken = transfer(self, self->out + self->out_start, n, MP_STREAM_OP_WRITE);
        if (taken < (mp_int_t)n) {
            self->out_start += taken > 0 ? taken : 0;
            return true;
        }
        if (self->burst) {
            self->burst--;
        }
        self->out_start = self->out_end = 0;
    }
    if (self->pending) {
        if (!send_frame(self, self->pending)) {
            return true;
        }
        self->pending = MP_OBJ_NULL;
    }
    self->blocked = 0;
    return false;
}

/* flush(). Twin: Protocol.flush */
static mp_obj_t protocol_flush(mp_obj_t self_in) {
    protocol_t *self = get_self(self_in);
    if (self->aborted) {
        raise_os_error(MP_ECONNABORTED);
    }
    bool waits = flush_out(self);
    free_cork(self);
    return mp_obj_new_bool(waits);
}

/* Put a frame into the cork: CORKED if it is the first, 0 if it is not; -1: it has to be sent. */
static NOINLINE int cork(protocol_t *self, mp_obj_t data, bool fits) {
    uint32_t capacity = cork_size(self);
    uint32_t size = self->length + HEADER_MAX;
    fits = fits && size <= capacity / 2;
    if (self->out_end && (!fits || self->out_end + size > capacity) && flush_out(self)) {
        return BUSY;
    }
    if (!fits) {
        return -1;
    }
    int result = 0;
    if (!self->out_end) {
        if (!self->out && !(self->out = resize(NULL, 0, capacity))) {
            return -1;
        }
        result = CORKED;
    }
    mp_buffer_info_t info; /* again: Python may have run */
    get_buffer(data, &info);
    if (info.len != self->length) {
        raise_os_error(MP_EINVAL);
    }
    self->out_end += compose(self, self->out + self->out_end, size, 0, info.buf);
    return result;
}

/* write(data, opcode). Twin: Protocol.write */
static mp_obj_t protocol_write(mp_obj_t self_in, mp_obj_t data, mp_obj_t opcode_in) {
    bool text = mp_obj_get_type(data) == &mp_type_str;
    size_t opcode = text ? WS_TEXT : WS_BINARY; /* huge if it is negative */
    if (opcode_in != mp_const_none) {
        opcode = get_number(opcode_in);
    }
    protocol_t *self = get_self(self_in);
    mp_buffer_info_t info;
    uint8_t mask[4] = { 0 };
    if (self->urandom != mp_const_none) {
        mp_obj_t four = INT(4);
        get_buffer(call(self->urandom, 1, &four), &info);
        if (info.len != 4) {
            raise_value_error();
        }
        memmove(mask, info.buf, 4);
    }
    get_buffer(data, &info);
    size_t kind = opcode & ~(size_t)0xC0; /* 0x80: not its message's last frame; 0x40: RSV1 */
    if (kind > WS_BINARY && (opcode - WS_CLOSE > 2 || info.len > 125)) {
        raise_value_error();
    }
    /* What is text has to be UTF-8, which a str of MicroPython need not be; a Close's reason, too. */
    uint32_t skip = kind != WS_CLOSE ? 0 : info.len < 2 ? info.len : 2;
    if (info.len > WS_LENGTH_MAX ||
        ((text || opcode - WS_CLOSE == 0 || (opcode & ~(size_t)0x80) == WS_TEXT) &&
         ws_utf8((const uint8_t *)info.buf + skip, info.len - skip, WS_UTF8_ACCEPT) != WS_UTF8_ACCEPT)) {
        raise_value_error();
    }
    if (self->aborted) {
        raise_os_error(MP_ECONNABORTED);
    }
    if (self->blocked) {
        return INT(BUSY);
    }
    self->first = opcode ^ 0x80;
    self->length = info.len;
    self->sent = 0;
    memmove(self->mask, mask, 4);
    if (self->out_end || self->p.start != self->p.end) {
        int result = cork(self, data, kind <= WS_BINARY && self->burst);
        if (result >= 0) {
            return result ? INT(result) : mp_const_none;
        }
    }
    if (!send_frame(self, data)) {
        self->pending = data;
        self->blocked = 1;
        return INT(WAITS);
    }
    if (self->burst) {
        self->burst--;
        return self->unread < 2 && ++self->unread == 2 ? INT(UNREAD) : mp_const_none;
    }
    self->burst = BURST;
    return INT(YIELD);
}

/* wait(). Twin: Protocol.wait */
static mp_obj_t protocol_wait(mp_obj_t self_in) {
    protocol_t *self = get_self(self_in);
    if (!self->aborted && !enqueue(self, 1)) {
        raise_busy();
    }
    return self_in;
}

/* register(). Twin: Protocol.register */
static mp_obj_t protocol_register(mp_obj_t self_in) {
    protocol_t *self = get_self(self_in);
    self->woken = 0;
    if (self->entry) {
        bool writer = entry_items(self)[1] == attribute(self->shared->core, MP_QSTR_cur_task);
        enlist_entry(self, waiting_tasks(self));
        if (writer && self->pending) { /* its owner may change it from now on */
            mp_buffer_info_t info;
            get_buffer(self->pending, &info);
            self->pending = mp_obj_new_bytes(info.buf, info.len);
        }
    }
    return mp_const_none;
}

/* asyncio's queue forgets the stream. IOQueue.remove() would do that too, but take memory: where id() is a
 * large int, poller.unregister() does all the same. So this comes last: without memory asyncio forgets the
 * stream when it is closed. */
static NOINLINE void forget_stream(protocol_t *self) {
    mp_obj_t method[4];
    method[2] = self->stream;
    call_method(attribute(self->shared->queue, MP_QSTR_poller), MP_QSTR_unregister, 1, method);
    method[2] = self->key;
    method[3] = mp_const_none;
    call_method(self->shared->map, MP_QSTR_pop, 2, method);
}

/* The tasks that wait for the stream, as in the entry; NULL: none does. */
static NOINLINE mp_obj_t *any_waiting(protocol_t *self) {
    mp_obj_t *items = self->entry ? waiting_tasks(self) : NULL;
    return items && (items[0] != mp_const_none || items[1] != mp_const_none) ? items : NULL;
}

/* schedule(). Twin: Protocol.schedule */
static mp_obj_t protocol_schedule(mp_obj_t self_in) {
    protocol_t *self = get_self(self_in);
    mp_obj_t *items = any_waiting(self);
    if (items && items[0] != mp_const_none) {
        run_next(self, &items[0]);
        self->woken = 1;
        if (items[1] == mp_const_none) {
            forget_stream(self);
        }
        enlist_entry(self, items); /* takes no memory: the stream is known */
    }
    return mp_const_none;
}

/* abort(): what cannot fail comes first. Twin: Protocol.abort */
static mp_obj_t protocol_abort(mp_obj_t self_in) {
    protocol_t *self = get_object(self_in);
    ws_protocol_t *p = &self->p;
    self->aborted = 1;
    release_buffer(self);
    p->msg = self->out = NULL;
    p->in_frame = p->in_message = 0;
    p->room = p->size = p->left = p->arrived = 0;
    hold(self, 0);
    self->out_start = self->out_end = 0;
    self->pending = self->sink = MP_OBJ_NULL;
    self->blocked = 0;
    if (!self->last) {
        self->last = EV_END;
    }
    mp_obj_t *items = any_waiting(self);
    if (self->enlisting) {
        /* register() has raised MemoryError, and may have left a slot without a value, through which the next
         * poll would read. Let the collector have memory for that. */
        self->shared->spare = NULL;
        mp_obj_t args[2] = { self->stream, INT(0) };
        call(self->shared->enlist, 2, args);
        self->enlisting = 0;
        if (!items) {
            forget_stream(self);
        }
    }
    if (items) {
        for (size_t i = 0; i < 2; i++) {
            if (items[i] != mp_const_none) {
                run_next(self, &items[i]);
            }
        }
        forget_stream(self);
    }
    return mp_const_none;
}

/* drain(). Twin: Protocol.drain */
static mp_obj_t protocol_drain(mp_obj_t self_in) {
    protocol_t *self = get_self(self_in);
    ws_protocol_t *p = &self->p;
    for (;;) {
        if (self->aborted || self->last == EV_END || ws_discard(p)) {
            if (p->start == p->end) {
                release_buffer(self);
            }
            return mp_const_true;
        }
        if (p->start == p->end) {
            release_buffer(self);
        }
        mp_int_t n = -1;
        if (self->burst) {
            self->burst--;
            n = read_once(self);
        }
        if (n == 0) {
            finish(self, EV_END);
        } else if (n < 0) {
            return enqueue(self, 0) ? mp_const_none : mp_const_false;
        }
    }
}

/* The attributes. Twin: those of Protocol */
static void protocol_attr(mp_obj_t self_in, qstr attr, mp_obj_t *dest) {
    protocol_t *self = MP_OBJ_TO_PTR(self_in);
    ws_protocol_t *p = &self->p;
    if (dest[0] != MP_OBJ_NULL) {
        if (attr == MP_QSTR_poll && dest[1] != MP_OBJ_NULL) {
            self->polled = mp_obj_is_true(dest[1]);
            dest[0] = MP_OBJ_NULL;
        }
        return;
    }
    mp_int_t n;
    int event = self->event;
    if (attr == MP_QSTR_event) {
        n = event;
    } else if (attr == MP_QSTR_code) {
        n = event == WS_CLOSE ? p->close_code : ws_error_code(event);
    } else if (attr == MP_QSTR_data) {
        if (event <= WS_ERR_RSV) {
            uint32_t len;
            const char *text = ws_error_text(event, &len);
            dest[0] = mp_obj_new_str(text, len);
        } else {
            dest[0] = self->data ? self->data : mp_const_none;
            if (event < WS_CLOSE) {
                self->data = MP_OBJ_NULL; /* a message: it would stay in memory */
            }
        }
        return;
    } else if (attr == MP_QSTR_opcode) {
        n = p->opcode;
    } else if (attr == MP_QSTR_count) {
        n = self->received & 0x3fffffff;
    } else if (attr == MP_QSTR_waiting) {
        n = event == WS_MORE ? 1 + ((p->frames + (self->received >> 10)) & 0x1fffffff) : 0;
    } else if (attr == MP_QSTR_locked) {
        n = 0;
        if (self->blocked) {
            uint8_t header[HEADER_MAX];
            n = 1 + self->out_end - self->out_start;
            if (self->pending) {
                n += make_header(self, header) + self->length - self->sent;
            }
        }
    } else if (attr == MP_QSTR_poll) {
        n = self->polled;
    } else if (attr == MP_QSTR_compressed) {
        n = p->compressed != 0;
    } else if (attr == MP_QSTR_time) {
        n = self->activity & 0x3fffffff;
    } else if (attr == MP_QSTR_sum) {
        n = self->shared->held & 0x3fffffff;
    } else if (attr == MP_QSTR_start) {
        n = p->in_message ? 1 + ((p->frames - p->fragments) & 0x1fffffff) : 0;
        n = p->sink == WS_OWN ? n : -n;
    } else {
        dest[1] = MP_OBJ_SENTINEL;
        return;
    }
    dest[0] = INT(n);
}

/* utf8(buf, start, end, state) -> the new state, negative for an error. Twin: core/__init__.py, utf8 */
static mp_obj_t utf8(size_t n_args, const mp_obj_t *args) {
    (void)n_args;
    size_t start = get_number(args[1]); /* huge if it is negative */
    size_t end = get_number(args[2]);
    size_t state = get_number(args[3]);
    mp_buffer_info_t info;
    if (mp_obj_get_type(args[0]) == &mp_type_str) {
        raise_type_error();
    }
    get_buffer(args[0], &info);
    if (start > end || end > info.len || state > WS_UTF8_STATE_MAX) {
        raise_value_error();
    }
    return INT(ws_utf8((const uint8_t *)info.buf + start, end - start, (int)state));
}

/* At the module's import. */
static void init_shared(void) {
    shared_t *shared = alloc(sizeof(*shared));
    memset(shared, 0, sizeof(*shared));
    shared->core = attribute(mp_import_name(MP_QSTR_asyncio, mp_const_none, INT(0)), MP_QSTR_core);
    ALL_SHARE = shared;
}

static MP_DEFINE_CONST_FUN_OBJ_3(read_obj, protocol_read);
static MP_DEFINE_CONST_FUN_OBJ_3(write_obj, protocol_write);
static MP_DEFINE_CONST_FUN_OBJ_1(flush_obj, protocol_flush);
static MP_DEFINE_CONST_FUN_OBJ_1(wait_obj, protocol_wait);
static MP_DEFINE_CONST_FUN_OBJ_1(register_obj, protocol_register);
static MP_DEFINE_CONST_FUN_OBJ_1(drain_obj, protocol_drain);
static MP_DEFINE_CONST_FUN_OBJ_1(schedule_obj, protocol_schedule);
static MP_DEFINE_CONST_FUN_OBJ_1(abort_obj, protocol_abort);
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(utf8_obj, 4, 4, utf8);

#if MICROPY_ENABLE_DYNRUNTIME
mp_map_elem_t methods[8];
static MP_DEFINE_CONST_DICT(methods_dict, methods);

mp_obj_t mpy_init(mp_obj_fun_bc_t *self, size_t n_args, size_t n_kw, mp_obj_t *args) {
    MP_DYNRUNTIME_INIT_ENTRY
    mp_map_elem_t *method = methods;
    #define METHOD(qstr, name) method->key = MP_OBJ_NEW_QSTR(qstr); method++->value = MP_OBJ_FROM_PTR(&name##_obj);
    METHOD(MP_QSTR_read, read)
    METHOD(MP_QSTR_write, write)
    METHOD(MP_QSTR_flush, flush)
    METHOD(MP_QSTR_wait, wait)
    METHOD(MP_QSTR_register, register)
    METHOD(MP_QSTR_drain, drain)
    METHOD(MP_QSTR_schedule, schedule)
    METHOD(MP_QSTR_abort, abort)
    protocol_type.base.type = &mp_type_type;
    protocol_type.flags = MP_TYPE_FLAG_ITER_IS_ITERNEXT;
    protocol_type.name = MP_QSTR_Protocol;
    MP_OBJ_TYPE_SET_SLOT(&protocol_type, make_new, protocol_make_new, 0);
    MP_OBJ_TYPE_SET_SLOT(&protocol_type, attr, protocol_attr, 1);
    MP_OBJ_TYPE_SET_SLOT(&protocol_type, iter, protocol_iternext, 2);
    MP_OBJ_TYPE_SET_SLOT(&protocol_type, locals_dict, &methods_dict, 3);
    init_shared();
    mp_store_global(MP_QSTR_version, INT(WS_ABI));
    mp_store_global(MP_QSTR_Protocol, MP_OBJ_FROM_PTR(&protocol_type));
    mp_store_global(MP_QSTR_utf8, MP_OBJ_FROM_PTR(&utf8_obj));
    MP_DYNRUNTIME_INIT_EXIT
}
#endif
