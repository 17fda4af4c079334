/* How the extension for CPython receives: the read buffer, the memory of messages, where they go, and read().
 * See cpython_wscodec.c.
 */
#include "cpython_wscodec.h"

enum {
    LONG = 4096,        /* bytes of a frame: behind it let some gather before they are read */
    DIRECT = 4096,      /* bytes of a payload that asyncio reads straight to their message */
    PARKS = 4096        /* bytes of a read buffer, from which on a connection that waits gives it back */
};

/* The read buffer that no connection holds, bytes, and a memoryview of it. */
static PyObject *spare, *spare_view;
static uint32_t spare_size;
/* Of all connections: bytes of messages in progress; how many reads have brought something. */
static uint32_t all_held, all_activity;

static PyTypeObject *room_type;
static PyObject *name_readinto, *name_wait;

/* A Room: memory that the event loop may write to, of a read buffer or a message. It keeps the memory, where it
 * is: a memoryview of it leads to no object that Python code could resize. */
typedef struct {
    PyObject_HEAD
    PyObject *owner; /* bytes, or NULL: */
    Py_buffer sink;
    char *start;
    Py_ssize_t size;
} room_t;

static int room_get(PyObject *op, Py_buffer *view, int flags) {
    room_t *self = (room_t *)op;
    return PyBuffer_FillInfo(view, op, self->start, self->size, 0, flags);
}

static void room_dealloc(PyObject *op) {
    PyTypeObject *type = Py_TYPE(op);
    room_t *self = (room_t *)op;
    if (self->owner) {
        Py_DECREF(self->owner);
    } else {
        PyBuffer_Release(&self->sink);
    }
    PyObject_Free(op);
    Py_DECREF(type);
}

static PyType_Slot room_slots[] = {
    { Py_tp_dealloc, room_dealloc },
    { Py_bf_getbuffer, room_get },
    { 0, NULL }
};

static PyType_Spec room_spec = {
    .name = "_wscodec.Room",
    .basicsize = sizeof(room_t),
    .flags = Py_TPFLAGS_DEFAULT
        #ifdef Py_TPFLAGS_DISALLOW_INSTANTIATION
        | Py_TPFLAGS_DISALLOW_INSTANTIATION
        #endif
    ,
    .slots = room_slots,
};

PyObject *memory_view(PyObject *owner, void *start, Py_ssize_t size) {
    room_t *room = PyObject_New(room_t, room_type);
    if (!room) {
        return NULL;
    }
    memset(&room->sink, 0, sizeof(room->sink)); /* so that to release it does nothing */
    room->owner = NULL;
    if (PyBytes_CheckExact(owner)) {
        Py_INCREF(owner);
        room->owner = owner;
    } else if (PyObject_GetBuffer(owner, &room->sink, PyBUF_WRITABLE) < 0) {
        Py_DECREF(room);
        return NULL;
    }
    room->start = start;
    room->size = size;
    PyObject *view = PyMemoryView_FromObject((PyObject *)room);
    Py_DECREF(room);
    return view;
}

/* The read buffer */

/* self->block becomes memory to read to: 0, or -1: MemoryError. */
static int take_block(protocol_t *self) {
    if (spare && spare_size == self->buffer_size) {
        self->block = spare;
        self->block_view = spare_view;
        spare = spare_view = NULL;
    } else {
        Py_ssize_t size = self->buffer_size;
        PyObject *block = PyBytes_FromStringAndSize(NULL, size);
        PyObject *view = block ? memory_view(block, PyBytes_AsString(block), size) : NULL;
        if (!view) {
            Py_XDECREF(block);
            return -1;
        }
        self->block = block;
        self->block_view = view;
    }
    self->p.buf = (uint8_t *)PyBytes_AsString(self->block);
    self->p.start = 0;
    self->p.end = self->parked;
    memcpy(self->p.buf, self->park, self->parked);
    self->parked = 0;
    return 0;
}

/* Nothing in the read buffer is needed any more: let other connections have it. */
void protocol_release_block(protocol_t *self) {
    PyObject *block = self->block, *view = self->block_view;
    self->p.start = self->p.end = 0;
    self->p.buf = NULL;
    self->block = self->block_view = NULL;
    if (block && !spare) {
        spare = block;
        spare_view = view;
        spare_size = self->buffer_size;
    } else {
        Py_XDECREF(view);
        Py_XDECREF(block);
    }
}

int protocol_have_block(protocol_t *self) {
    if (spare_size != self->buffer_size) {
        Py_CLEAR(spare_view);
        Py_CLEAR(spare);
    }
    if (!spare) {
        if (take_block(self) < 0) {
            return -1;
        }
        protocol_release_block(self);
    }
    return 0;
}

/* A task waits for the rest of a header or of a control frame: other connections may have the read buffer, unless
 * it is about as small as what is left in it. */
static void park_block(protocol_t *self) {
    uint32_t n = self->p.end - self->p.start;
    if (n && n <= sizeof(self->park) && self->buffer_size >= PARKS) {
        memcpy(self->park, self->p.buf + self->p.start, n);
        protocol_release_block(self);
        self->parked = (uint8_t)n;
    }
}

/* Bytes that may be read straight to the message in progress; 0: to the read buffer. */
static Py_ssize_t direct_room(const protocol_t *self) {
    const ws_protocol_t *p = &self->p;
    if (p->sink == WS_OWN ? !self->message : self->direct || !self->sink_view.buf) {
        return 0; /* to a sink only for as long as a call of readinto() takes */
    }
    /* Behind what has come while no task reads, which is decoded later. */
    Py_ssize_t n = (Py_ssize_t)ws_direct(p, 1) - p->arrived;
    return n >= (Py_ssize_t)(self->direct ? DIRECT : self->buffer_size) ? n : 0;
}

/* Where they go. */
static uint8_t *direct_start(const protocol_t *self) {
    return self->p.msg + self->p.size + self->p.arrived;
}

int protocol_room(protocol_t *self, Py_ssize_t *size, int *message) {
    ws_protocol_t *p = &self->p;
    *size = direct_room(self);
    *message = *size != 0;
    if (!*size) {
        if (!p->buf) {
            if (take_block(self) < 0) {
                return -1;
            }
        } else if (p->start) {
            /* What is left is short, or waits for a task. */
            p->end -= p->start;
            memmove(p->buf, p->buf + p->start, p->end);
            p->start = 0;
        }
        *size = self->buffer_size - p->end;
    }
    return *size != 0;
}

PyObject *protocol_view(protocol_t *self, Py_ssize_t size, int message) {
    if (message) {
        PyObject *owner = self->p.sink == WS_OWN ? self->message : self->sink;
        return memory_view(owner, direct_start(self), size);
    }
    PyObject *view = self->block_view;
    Py_INCREF(view); /* the garbage collector may run */
    if (self->p.end || !self->direct) { /* any other stream may release it */
        PyObject *part = PySequence_GetSlice(view, (Py_ssize_t)self->p.end, (Py_ssize_t)self->buffer_size);
        Py_DECREF(view);
        return part;
    }
    return view;
}

void protocol_received(protocol_t *self, Py_ssize_t n, int message) {
    ws_protocol_t *p = &self->p;
    if (n > 0) {
        self->received += (uint32_t)n;
        self->activity = ++all_activity;
        if (message) {
            p->arrived += (uint32_t)n;
        } else {
            p->end += (uint32_t)n;
        }
    }
    if (p->start == p->end) {
        protocol_release_block(self);
    }
}

int protocol_has_room(const protocol_t *self, Py_ssize_t n, int message) {
    if (message) {
        return n <= direct_room(self);
    }
    return self->p.buf && n <= (Py_ssize_t)(self->buffer_size - self->p.end);
}

int protocol_is_full(const protocol_t *self) {
    return self->p.buf && self->p.end - self->p.start == self->buffer_size;
}

/* Read once, to the read buffer or straight to the message: bytes, 0 at the end, -1 if nothing is there,
 * -2: an exception. */
static Py_ssize_t read_once(protocol_t *self) {
    Py_ssize_t size, n;
    int message;
    if (self->aborted) {
        raise_lost(ECONNABORTED);
        return -2;
    }
    if (self->direct && !self->direct->backlog) {
        return transport_read(self->direct, NULL, 0);
    }
    if (protocol_room(self, &size, &message) < 0) {
        return -2;
    }
    if (self->direct) {
        uint8_t *to = message ? direct_start(self) : self->p.buf + self->p.end;
        n = transport_read(self->direct, to, size);
    } else {
        PyObject *view = protocol_view(self, size, message);
        PyObject *result = view ? PyObject_CallMethodObjArgs(self->stream, name_readinto, view, NULL) : NULL;
        Py_XDECREF(view);
        n = protocol_taken(self, result, size);
    }
    if (!self->aborted) {
        protocol_received(self, n, message);
    }
    return n;
}

/* Messages */

/* So many bytes are held for the message in progress. */
static void hold(protocol_t *self, uint32_t n) {
    all_held += n - self->held;
    self->held = n;
}

void protocol_drop_message(protocol_t *self) {
    Py_CLEAR(self->message);
    self->p.msg = NULL;
    self->p.room = 0;
    hold(self, 0);
}

/* Make room for the message in progress. 0: there is no memory, or all connections would hold more than they
 * may. Twin: make_room in mod_wscodec.c */
static int make_room(protocol_t *self) {
    ws_protocol_t *p = &self->p;
    uint32_t want = p->total, room = want, others = all_held - self->held;
    int is_whole = p->hdr.first >= 0x80 && p->left <= p->end - p->start;
    if (is_whole && p->opcode == WS_TEXT && !p->compressed && !p->size) {
        /* It is decoded where it lies, before anything else happens to the read buffer. */
        p->msg = p->buf + p->start;
        p->room = room;
        return 1;
    }
    if (!is_whole && others && others + want > self->held_limit) {
        return 0;
    }
    if (p->hdr.first < 0x80 && want < p->limit / 2) {
        room = 2 * want;
    }
    PyObject *message = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)room);
    if (!message && room > want) {
        PyErr_Clear();
        room = want;
        message = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)room);
    }
    if (!message) {
        PyErr_Clear();
        return 0;
    }
    uint8_t *msg = (uint8_t *)PyBytes_AsString(message);
    if (p->size) {
        memcpy(msg, p->msg, p->size);
    }
    replace(&self->message, message);
    p->msg = msg;
    p->room = room;
    hold(self, room);
    return 1;
}

/* The message that is complete, or a piece of it, for read(). NULL: no memory, without an exception.
 * Twin: take_message in mod_wscodec.c */
static PyObject *take_message(protocol_t *self, int event) {
    ws_protocol_t *p = &self->p;
    Py_ssize_t size = p->size;
    PyObject *message = NULL;
    p->size = 0;
    if (p->sink == WS_BUFFER) {
        return PyLong_FromSsize_t(size);
    }
    if (event == WS_TEXT && !p->compressed) {
        message = PyUnicode_DecodeUTF8((const char *)p->msg, size, NULL);
    } else if (self->message && (Py_ssize_t)p->room == size) {
        message = self->message;
        self->message = NULL;
    } else {
        message = PyBytes_FromStringAndSize((const char *)p->msg, size);
    }
    protocol_drop_message(self);
    if (!message) {
        PyErr_Clear();
        return NULL;
    }
    if (p->compressed) {
        replace(&self->data, message);
        message = Py_False;
        Py_INCREF(message);
    }
    return message;
}

/* A control frame's payload, or a Close's reason, as an object: the event, or that of no memory. */
static int keep_data(protocol_t *self, int event) {
    const char *data = (const char *)self->p.data;
    Py_ssize_t size = self->p.data_len;
    PyObject *object = event == WS_CLOSE ? PyUnicode_DecodeUTF8(data, size, NULL) : PyBytes_FromStringAndSize(data, size);
    if (!object) {
        PyErr_Clear();
        return WS_ERR_MEMORY;
    }
    replace(&self->data, object);
    return event;
}

/* What has arrived: as ws_next(), but for what read() gives memory for. A TEXT may lie in the read buffer: it is
 * to be taken at once. */
static int next_event(protocol_t *self) {
    ws_protocol_t *p = &self->p;
    if (!p->buf && !p->in_frame) {
        return self->parked ? WS_MORE : WS_IDLE;
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
    return event;
}

/* From now on this is all that read() finds. Twin: finish in mod_wscodec.c */
static void finish(protocol_t *self, int event) {
    self->event = self->last = (int8_t)event;
    protocol_drop_message(self);
}

/* Where messages go */

static void release_sink(protocol_t *self) {
    if (self->sink_view.obj) {
        PyBuffer_Release(&self->sink_view);
        self->sink_view.buf = NULL;
        if (self->p.sink == WS_BUFFER || !self->p.in_message) {
            self->p.msg = NULL;
            self->p.room = 0;
        }
    }
}

/* From now on, and until release_sink(), messages go to this buffer; NULL: to objects of their own. 0, or -1:
 * see read() for the exceptions. Twins: set_sink, refresh_sink in mod_wscodec.c */
static int set_sink(protocol_t *self, PyObject *sink) {
    ws_protocol_t *p = &self->p;
    if (sink) {
        if (!PyByteArray_Check(sink) && !PyMemoryView_Check(sink)) {
            PyErr_SetString(PyExc_TypeError, "a bytearray or a memoryview is wanted");
            return -1;
        }
        if (PyObject_GetBuffer(sink, &self->sink_view, PyBUF_WRITABLE) < 0) {
            if (PyErr_ExceptionMatches(PyExc_BufferError)) {
                PyErr_SetString(PyExc_TypeError, "the buffer is read-only, or has gaps");
            }
            return -1;
        }
        if (!self->sink_view.len || (sink == self->sink && p->in_message && p->sink == WS_BUFFER
            && self->sink_view.len < (Py_ssize_t)p->size)) {
            release_sink(self);
            PyErr_SetString(PyExc_ValueError, "the buffer is too short");
            return -1;
        }
    }
    if (sink != self->sink) {
        if (p->in_message && p->sink == WS_OWN && !p->compressed) {
            release_sink(self);
            PyErr_SetString(PyExc_RuntimeError, "a message is in progress");
            return -1;
        }
        if (p->in_message && p->sink == WS_BUFFER) {
            p->sink = WS_SKIP;
            p->size = 0;
        }
        p->next_sink = sink ? WS_BUFFER : WS_OWN;
        Py_XINCREF(sink);
        replace(&self->sink, sink);
    }
    if (sink && (!p->in_message || p->sink != WS_OWN)) {
        p->msg = self->sink_view.buf;
        p->room = self->sink_view.len < (Py_ssize_t)WS_LENGTH_MAX ? (uint32_t)self->sink_view.len : WS_LENGTH_MAX;
    }
    return 0;
}

/* read(limit, buffer) */

/* The current task waits to read from now on: 1, or 0 if another one does; -1: an exception. */
static int enqueue(protocol_t *self, int reads) {
    PyObject *awaited = NULL;
    int waits;
    if (self->aborted) { /* meanwhile */
        raise_lost(ECONNABORTED);
        return -1;
    }
    if (self->direct) {
        park_block(self);
        waits = transport_wait(self->direct, &awaited);
    } else {
        PyObject *direction = PyLong_FromLong(0);
        awaited = direction ? PyObject_CallMethodObjArgs(self->stream, name_wait, direction, NULL) : NULL;
        Py_XDECREF(direction);
        waits = awaited ? awaited != Py_None : -1;
    }
    if (waits > 0) {
        replace(&self->awaited, awaited);
        self->burst = BURST;
        self->unread = 255;
        self->reads = (uint8_t)reads;
    } else {
        Py_XDECREF(awaited);
    }
    return waits;
}

/* Read, or let the task wait: 1 if something was read, 0 if not: then self->event is what to return, and
 * WS_IDLE or WS_MORE stand for None. -1: an exception. Twin: read_or_wait in mod_wscodec.c */
static int read_or_wait(protocol_t *self, int event) {
    if (self->out_end) {
        int waits = protocol_flush_out(self);
        if (waits) {
            self->event = EV_BLOCKED;
            return waits < 0 ? -1 : 0;
        }
    }
    if (self->burst && (event || self->more || self->direct)) {
        self->burst--;
        Py_ssize_t n = read_once(self);
        if (n == -2) {
            return -1;
        }
        if (n == 0) {
            finish(self, EV_END);
            return 0;
        }
        if (n < 0 || (event && self->p.hdr.length > LONG)) {
            self->more = MORE_NO;
        } else if (self->more == MORE_WAITED) {
            self->more = self->p.end == self->buffer_size;
        }
        if (n > 0) {
            return 1;
        }
    }
    if (!event && self->p.in_message && !self->polled) {
        event = WS_MORE; /* between fragments; somebody has to look whether the message gets on */
    }
    self->event = (int8_t)event;
    if (!event || self->polled) {
        self->more = MORE_WAITED;
        int waits = enqueue(self, !self->sink);
        if (waits < 0) {
            return -1;
        }
        if (!waits) {
            self->event = EV_WOKEN;
        }
    }
    return 0;
}

/* What read() returns for this event; NULL: read on. */
static PyObject *found(protocol_t *self, int event) {
    ws_protocol_t *p = &self->p;
    PyObject *message = Py_False;
    if ((event > 0 && event < WS_CLOSE) || (event == WS_FULL && !p->hold)) {
        self->event = (int8_t)event;
        message = take_message(self, event);
        if (!message) {
            event = WS_ERR_MEMORY;
        }
    } else if (event > 0 || event < WS_MORE) {
        Py_INCREF(message);
    } else {
        message = NULL;
    }
    if (p->start == p->end) {
        protocol_release_block(self);
    }
    if (event > 0 || event < WS_MORE) {
        self->event = (int8_t)event;
        if (event == WS_CLOSE || event < WS_FULL) {
            finish(self, event);
        }
        if (!message) {
            message = Py_False;
            Py_INCREF(message);
        }
    }
    return message;
}

int protocol_has_something(protocol_t *self) {
    if (!self->reads || self->ahead) {
        return 1;
    }
    int event = next_event(self);
    self->ahead = found(self, event);
    if (self->ahead || (event == WS_MORE && !self->polled)) {
        return 1;
    }
    self->event = (int8_t)event;
    park_block(self);
    return 0;
}

static PyObject *read_on(protocol_t *self) {
    for (;;) {
        int event = next_event(self);
        PyObject *message = found(self, event);
        if (message) {
            return message;
        }
        int done = read_or_wait(self, event);
        if (done < 0) {
            return NULL;
        }
        if (!done) {
            event = self->event;
            PyObject *result = event == WS_IDLE || (event == WS_MORE && self->polled) ? Py_None : Py_False;
            Py_INCREF(result);
            return result;
        }
    }
}

PyObject *protocol_read(PyObject *op, PyObject *const *args, Py_ssize_t nargs) {
    protocol_t *self = (protocol_t *)op;
    ws_protocol_t *p = &self->p;
    if (nargs != 2) {
        PyErr_SetString(PyExc_TypeError, "read(limit, buffer)");
        return NULL;
    }
    long limit = protocol_number(args[0]);
    if (limit == -2 || protocol_is_busy(self)) {
        return NULL;
    }
    PyObject *buffer = args[1] == Py_None || args[1] == Py_False ? NULL : args[1];
    p->hold = args[1] == Py_False;
    self->reads = 0;
    if (self->ahead) {
        PyObject *message = self->ahead;
        self->ahead = NULL;
        self->unread = 0;
        return message;
    }
    Py_CLEAR(self->data);
    self->event = self->last;
    if (self->last || self->woken) {
        if (!self->last) {
            self->event = EV_WOKEN;
        }
        self->woken = 0;
        Py_RETURN_FALSE;
    }
    self->unread = 0;
    PyObject *message = NULL;
    protocol_enter(self);
    if ((!buffer && !self->sink) || set_sink(self, buffer) == 0) {
        p->limit = limit > 0 ? (uint32_t)limit : limit ? self->default_limit : WS_LENGTH_MAX;
        message = read_on(self);
        release_sink(self);
    }
    protocol_leave(self);
    return message;
}

static PyObject *drain(protocol_t *self) {
    ws_protocol_t *p = &self->p;
    for (;;) {
        int done = self->aborted || self->last == EV_END || (self->ahead && self->last == WS_CLOSE) || ws_discard(p);
        if (p->start == p->end) {
            protocol_release_block(self);
        }
        if (done) {
            Py_RETURN_TRUE;
        }
        protocol_drop_message(self); /* all goes to the read buffer from now on */
        Py_CLEAR(self->ahead);
        Py_ssize_t n = -1;
        if (self->burst) {
            self->burst--;
            n = read_once(self);
            if (n == -2) {
                return NULL;
            }
        }
        if (n == 0) {
            finish(self, EV_END);
        } else if (n < 0) {
            int waits = enqueue(self, 0);
            if (waits < 0) {
                return NULL;
            }
            if (waits) {
                Py_RETURN_NONE;
            }
            Py_RETURN_FALSE;
        }
    }
}

PyObject *protocol_drain(PyObject *op, PyObject *Py_UNUSED(ignored)) {
    protocol_t *self = (protocol_t *)op;
    if (protocol_is_busy(self)) {
        return NULL;
    }
    self->reads = 0;
    protocol_enter(self);
    PyObject *result = drain(self);
    protocol_leave(self);
    return result;
}

uint32_t protocol_all_held(void) {
    return all_held;
}

int reading_init(void) {
    name_readinto = PyUnicode_InternFromString("readinto");
    name_wait = PyUnicode_InternFromString("wait");
    room_type = (PyTypeObject *)PyType_FromSpec(&room_spec);
    return name_readinto && name_wait && room_type ? 0 : -1;
}
