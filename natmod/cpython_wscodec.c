/* _wscodec: the type Protocol, which is the protocol of one connection, as an extension of CPython.
 *
 * It joins ws_protocol.c to CPython, as mod_wscodec.c does to MicroPython. The Python twin is core/twin.py;
 * what each method does, returns and raises is said there, once, and tests/contract/ holds all three to it.
 * A stream is a Transport, as transport/__init__.py has it: its methods are called; or it is of the type in
 * cpython_transport.c, which reads and sends without them. Here are the object, its attributes and the tasks
 * that wait; cpython_reading.c and cpython_sending.c have the rest.
 *
 * Built with the limited API from CPython 3.11 on: see setup.py. Its statics are those of one interpreter
 * with its GIL: another one of the process cannot import it, and has the twin.
 */
#include "cpython_wscodec.h"

static PyTypeObject *protocol_type;
static PyObject *socket_transport; /* the type in core/stream.py, once it was needed */
static PyObject *name_wait, *name_wake, *name_abort, *name_requeue, *name_unsent, *name_joins, *name_masked;
static PyObject *nothing;

void ws_move(void *to, const void *from, size_t n) {
    memmove(to, from, n);
}

/* Whether a method must not run, since another one is inside of the stream's: 1 with RuntimeError. */
int protocol_is_busy(const protocol_t *self) {
    if (self->inside && !self->aborted) {
        PyErr_SetString(PyExc_RuntimeError, "busy");
        return 1;
    }
    return 0;
}

void protocol_enter(protocol_t *self) {
    self->inside = 1;
}

/* After abort(): nothing will be read or sent any more. */
static void drop_all(protocol_t *self) {
    ws_protocol_t *p = &self->p;
    protocol_release_block(self);
    self->parked = 0;
    protocol_drop_message(self);
    p->in_frame = p->in_message = 0;
    p->size = p->left = p->arrived = 0;
    self->out_start = self->out_end = 0;
    protocol_free_cork(self);
    Py_CLEAR(self->pending);
    Py_CLEAR(self->sink);
    self->blocked = 0;
}

void protocol_leave(protocol_t *self) {
    self->inside = 0;
    if (self->aborted) {
        drop_all(self);
    }
}

/* A number of bytes or fragments: WS_LENGTH_MAX at most, the least -1; -2 with TypeError unless it is an int. */
long protocol_number(PyObject *arg) {
    if (!PyLong_Check(arg)) {
        PyErr_SetString(PyExc_TypeError, "an int is wanted");
        return -2;
    }
    int overflow;
    long n = PyLong_AsLongAndOverflow(arg, &overflow);
    if (overflow) {
        return overflow < 0 ? -1 : (long)WS_LENGTH_MAX;
    }
    return n < -1 ? -1 : n < (long)WS_LENGTH_MAX ? n : (long)WS_LENGTH_MAX;
}

/* What a stream's own method has returned: bytes, at most size; -1: it would have to wait, -2: an exception. */
Py_ssize_t protocol_taken(protocol_t *self, PyObject *result, Py_ssize_t size) {
    Py_ssize_t n = -1;
    if (!result) {
        return -2;
    }
    if (result != Py_None) {
        int is_int = PyLong_Check(result);
        n = is_int ? PyLong_AsSsize_t(result) : -2;
        if (!is_int) {
            PyErr_SetString(PyExc_TypeError, "not a number of bytes");
        } else if (n < 0 || n > size) {
            PyErr_Clear();
            raise_lost(EIO);
            n = -2;
        }
    }
    Py_DECREF(result);
    if (n > -2 && self->aborted) {
        raise_lost(ECONNABORTED);
        return -2;
    }
    return n;
}

/* Tasks */

static PyObject *protocol_wait(PyObject *op, PyObject *Py_UNUSED(ignored)) {
    protocol_t *self = (protocol_t *)op;
    if (protocol_is_busy(self)) {
        return NULL;
    }
    Py_CLEAR(self->awaited);
    if (!self->aborted) {
        PyObject *direction = PyLong_FromLong(1);
        PyObject *awaited = direction ? PyObject_CallMethodObjArgs(self->stream, name_wait, direction, NULL) : NULL;
        Py_XDECREF(direction);
        if (awaited == Py_None) {
            PyErr_SetString(PyExc_RuntimeError, "another task waits");
            Py_CLEAR(awaited);
        }
        if (!awaited) {
            return NULL;
        }
        replace(&self->awaited, awaited);
        self->burst = BURST;
    }
    Py_INCREF(op);
    return op;
}

/* `await protocol`, behind a call that has queued the current task. */
static PyObject *protocol_await(PyObject *op) {
    protocol_t *self = (protocol_t *)op;
    PyObject *awaited = self->awaited ? self->awaited : nothing;
    PyObject *iterator = PyObject_GetIter(awaited);
    Py_CLEAR(self->awaited);
    return iterator;
}

static PyObject *protocol_register(PyObject *op, PyObject *Py_UNUSED(ignored)) {
    protocol_t *self = (protocol_t *)op;
    if (protocol_is_busy(self)) {
        return NULL;
    }
    self->reads = 0;
    self->woken = 0;
    if (self->stream == Py_None || self->direct) {
        Py_RETURN_NONE; /* the tasks that wait do not know of each other */
    }
    PyObject *result = PyObject_CallMethodObjArgs(self->stream, name_requeue, NULL);
    Py_XDECREF(result);
    if (!result) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *protocol_schedule(PyObject *op, PyObject *Py_UNUSED(ignored)) {
    protocol_t *self = (protocol_t *)op;
    if (protocol_is_busy(self)) {
        return NULL;
    }
    int woken = 0;
    if (self->direct) {
        woken = transport_wake(self->direct);
    } else if (self->stream != Py_None) {
        PyObject *result = PyObject_CallMethodObjArgs(self->stream, name_wake, NULL);
        woken = result ? PyObject_IsTrue(result) : -1;
        Py_XDECREF(result);
    }
    if (woken < 0) {
        return NULL;
    }
    self->woken |= woken > 0;
    Py_RETURN_NONE;
}

static PyObject *protocol_abort(PyObject *op, PyObject *Py_UNUSED(ignored)) {
    protocol_t *self = (protocol_t *)op;
    self->aborted = 1;
    if (!self->inside) {
        drop_all(self);
    }
    Py_CLEAR(self->ahead);
    if (!self->last) {
        self->last = EV_END;
    }
    if (self->stream != Py_None) {
        PyObject *result = PyObject_CallMethodObjArgs(self->stream, name_abort, NULL);
        Py_XDECREF(result);
        if (!result) {
            return NULL;
        }
    }
    Py_RETURN_NONE;
}

/* The attributes. Twin: those of Protocol */

static PyObject *get_event(PyObject *op, void *closure) {
    (void)closure;
    return PyLong_FromLong(((protocol_t *)op)->event);
}

static PyObject *get_code(PyObject *op, void *closure) {
    protocol_t *self = (protocol_t *)op;
    (void)closure;
    return PyLong_FromLong(self->event <= WS_ERR_RSV ? (long)ws_error_code(self->event)
        : self->p.close_code ? self->p.close_code : 1005);
}

static PyObject *get_data(PyObject *op, void *closure) {
    protocol_t *self = (protocol_t *)op;
    (void)closure;
    if (self->event <= WS_ERR_RSV) {
        uint32_t size;
        const char *text = ws_error_text(self->event, &size);
        return PyUnicode_DecodeUTF8(text, (Py_ssize_t)size, NULL);
    }
    PyObject *data = self->data ? self->data : Py_None;
    Py_INCREF(data);
    if (self->event < WS_CLOSE) {
        Py_CLEAR(self->data); /* a message: it would stay in memory */
    }
    return data;
}

static PyObject *get_locked(PyObject *op, void *closure) {
    protocol_t *self = (protocol_t *)op;
    (void)closure;
    if (!self->blocked) {
        return PyLong_FromLong(0);
    }
    PyObject *unsent = PyObject_GetAttr(self->stream, name_unsent);
    if (!unsent) {
        return NULL;
    }
    Py_ssize_t waits = 1 + self->out_end - self->out_start;
    if (self->pending) {
        waits += self->header_size + PyObject_Size(self->pending) - self->sent;
    }
    PyObject *rest = PyLong_FromSsize_t(waits);
    PyObject *sum = rest ? PyNumber_Add(rest, unsent) : NULL;
    Py_XDECREF(rest);
    Py_DECREF(unsent);
    return sum;
}

enum { OPCODE, COUNT, WAITING, COMPRESSED, TIME, SUM, START, POLL };

static PyObject *get_int(PyObject *op, void *closure) {
    const protocol_t *self = (protocol_t *)op;
    const ws_protocol_t *p = &self->p;
    long n = 0;
    switch ((intptr_t)closure) {
        case OPCODE:
            n = p->opcode;
            break;
        case COUNT:
            n = self->received & WS_LENGTH_MAX;
            break;
        case WAITING:
            n = self->event == WS_MORE ? 1 + (long)((p->frames + (self->received >> 10)) & 0x1fffffff) : 0;
            break;
        case TIME:
            n = self->activity & WS_LENGTH_MAX;
            break;
        case SUM:
            n = protocol_all_held() & WS_LENGTH_MAX;
            break;
        case START:
            n = p->in_message ? 1 + (long)((p->frames - p->fragments) & 0x1fffffff) : 0;
            n = p->sink == WS_OWN ? n : -n;
            break;
        case COMPRESSED:
            return PyBool_FromLong(p->compressed != 0);
        case POLL:
            return PyBool_FromLong(self->polled);
    }
    return PyLong_FromLong(n);
}

static int set_poll(PyObject *op, PyObject *value, void *closure) {
    int polled = value ? PyObject_IsTrue(value) : -1;
    (void)closure;
    if (polled < 0) {
        if (!value) {
            PyErr_SetString(PyExc_AttributeError, "poll");
        }
        return -1;
    }
    ((protocol_t *)op)->polled = (uint8_t)polled;
    return 0;
}

/* The object */

static int use_stream(protocol_t *self, PyObject *stream) {
    Py_INCREF(stream);
    self->stream = stream;
    self->p.options = self->urandom == Py_None ? 0 : WS_CLIENT;
    if (stream == Py_None) {
        self->aborted = 1;
        self->last = EV_END;
        self->joins = 1;
        return 0;
    }
    if (is_transport(stream)) {
        self->direct = (transport_t *)stream;
        self->direct->protocol = self;
    } else if (!PyObject_HasAttrString(stream, "wait")) {
        /* Any object with a stream's methods. */
        if (!socket_transport) {
            PyObject *module = PyImport_ImportModule("microdot_websocket.core.stream");
            socket_transport = module ? PyObject_GetAttrString(module, "SocketTransport") : NULL;
            Py_XDECREF(module);
        }
        PyObject *wrapped = socket_transport ? PyObject_CallFunctionObjArgs(socket_transport, stream, NULL) : NULL;
        if (!wrapped) {
            return -1;
        }
        replace(&self->stream, wrapped);
    }
    PyObject *joins = PyObject_GetAttr(self->stream, name_joins);
    PyObject *masked = joins ? PyObject_GetAttr(self->stream, name_masked) : NULL;
    long n = masked ? PyLong_AsLong(joins) : -1;
    int is_masked = masked ? PyObject_IsTrue(masked) : -1;
    Py_XDECREF(joins);
    Py_XDECREF(masked);
    if (n < 0 || is_masked < 0) {
        if (!PyErr_Occurred()) {
            PyErr_SetString(PyExc_ValueError, "joins");
        }
        return -1;
    }
    self->joins = (uint32_t)n;
    if (!is_masked) {
        self->p.options = WS_CLIENT; /* the frames that come have no mask either */
    }
    return 0;
}

static PyObject *protocol_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    PyObject *stream, *urandom, *numbers[5];
    static char *names[] = { "", "", "", "", "", "", "", NULL };
    uint32_t n[5];
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "OOOOOOO", names, &stream, &urandom, &numbers[0], &numbers[1],
        &numbers[2], &numbers[3], &numbers[4])) {
        return NULL;
    }
    for (int i = 0; i < 5; i++) {
        long value = protocol_number(numbers[i]);
        if (value < 0) {
            if (value == -1) {
                PyErr_SetString(PyExc_ValueError, "range");
            }
            return NULL;
        }
        n[i] = (uint32_t)value;
    }
    protocol_t *self = (protocol_t *)((allocfunc)PyType_GetSlot(type, Py_tp_alloc))(type, 0);
    if (!self) {
        return NULL;
    }
    Py_INCREF(urandom);
    self->urandom = urandom;
    self->buffer_size = n[0] < WS_BUFFER_MIN ? WS_BUFFER_MIN : n[0];
    self->default_limit = n[1];
    self->p.max_fragments = n[2];
    self->p.compressed_limit = n[3];
    self->held_limit = n[4];
    self->p.close_code = 1005;
    self->burst = BURST;
    self->more = MORE_YES;
    self->unread = 255;
    if (use_stream(self, stream) < 0 || protocol_have_block(self) < 0) {
        Py_DECREF(self);
        return NULL;
    }
    self->p.options |= n[3] ? WS_RSV1 : 0;
    self->cork_size = !self->joins ? 0 : self->buffer_size < 8192 ? 1024 : self->buffer_size < 65536 ? 16384 : 65536;
    return (PyObject *)self;
}

static int protocol_traverse(PyObject *op, visitproc visit, void *arg) {
    protocol_t *self = (protocol_t *)op;
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->stream);
    Py_VISIT(self->urandom);
    Py_VISIT(self->sink);
    Py_VISIT(self->data);
    Py_VISIT(self->awaited);
    Py_VISIT(self->ahead);
    return 0;
}

static int protocol_clear(PyObject *op) {
    protocol_t *self = (protocol_t *)op;
    if (self->direct && self->direct->protocol == self) {
        self->direct->protocol = NULL;
    }
    self->direct = NULL;
    self->aborted = 1;
    if (self->stream) {
        Py_INCREF(Py_None);
        replace(&self->stream, Py_None);
    }
    if (self->urandom) {
        Py_INCREF(Py_None);
        replace(&self->urandom, Py_None);
    }
    Py_CLEAR(self->sink);
    Py_CLEAR(self->data);
    Py_CLEAR(self->awaited);
    Py_CLEAR(self->ahead);
    return 0;
}

static void protocol_dealloc(PyObject *op) {
    protocol_t *self = (protocol_t *)op;
    PyTypeObject *type = Py_TYPE(op);
    PyObject_GC_UnTrack(op);
    protocol_clear(op);
    Py_CLEAR(self->stream);
    Py_CLEAR(self->urandom);
    Py_CLEAR(self->pending);
    protocol_drop_message(self);
    protocol_release_block(self);
    PyMem_Free(self->out);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(op);
    Py_DECREF(type);
}

#define FAST(name) { #name, (PyCFunction)(void (*)(void))protocol_##name, METH_FASTCALL, NULL }
#define PLAIN(name) { #name, protocol_##name, METH_NOARGS, NULL }
static PyMethodDef protocol_methods[] = {
    FAST(read),
    FAST(write),
    PLAIN(flush),
    PLAIN(wait),
    PLAIN(register),
    PLAIN(schedule),
    PLAIN(abort),
    PLAIN(drain),
    { NULL, NULL, 0, NULL }
};

static PyGetSetDef protocol_attributes[] = {
    { "event", get_event, NULL, NULL, NULL },
    { "code", get_code, NULL, NULL, NULL },
    { "data", get_data, NULL, NULL, NULL },
    { "locked", get_locked, NULL, NULL, NULL },
    { "opcode", get_int, NULL, NULL, (void *)OPCODE },
    { "count", get_int, NULL, NULL, (void *)COUNT },
    { "waiting", get_int, NULL, NULL, (void *)WAITING },
    { "compressed", get_int, NULL, NULL, (void *)COMPRESSED },
    { "time", get_int, NULL, NULL, (void *)TIME },
    { "sum", get_int, NULL, NULL, (void *)SUM },
    { "start", get_int, NULL, NULL, (void *)START },
    { "poll", get_int, set_poll, NULL, (void *)POLL },
    { NULL, NULL, NULL, NULL, NULL }
};

static PyType_Slot protocol_slots[] = {
    { Py_tp_new, protocol_new },
    { Py_tp_dealloc, protocol_dealloc },
    { Py_tp_traverse, protocol_traverse },
    { Py_tp_clear, protocol_clear },
    { Py_tp_iter, protocol_await },
    { Py_am_await, protocol_await },
    { Py_tp_methods, protocol_methods },
    { Py_tp_getset, protocol_attributes },
    { 0, NULL }
};

static PyType_Spec protocol_spec = {
    .name = "_wscodec.Protocol",
    .basicsize = sizeof(protocol_t),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .slots = protocol_slots,
};

/* utf8(buf, start, end, state) -> the new state, negative for an error. Twin: core/__init__.py, utf8 */
static PyObject *utf8(PyObject *module, PyObject *const *args, Py_ssize_t nargs) {
    (void)module;
    if (nargs != 4) {
        PyErr_SetString(PyExc_TypeError, "utf8(buf, start, end, state)");
        return NULL;
    }
    long n[3];
    for (int i = 0; i < 3; i++) {
        n[i] = protocol_number(args[1 + i]);
        if (n[i] == -2) {
            return NULL;
        }
    }
    Py_buffer view;
    if (PyObject_GetBuffer(args[0], &view, PyBUF_SIMPLE) < 0) {
        return NULL;
    }
    PyObject *result = NULL;
    if (n[0] < 0 || n[0] > n[1] || n[1] > view.len || n[2] < 0 || n[2] > WS_UTF8_STATE_MAX) {
        PyErr_SetString(PyExc_ValueError, "range");
    } else {
        result = PyLong_FromLong(ws_utf8((const uint8_t *)view.buf + n[0], (size_t)(n[1] - n[0]), (int)n[2]));
    }
    PyBuffer_Release(&view);
    return result;
}

static PyMethodDef functions[] = {
    { "utf8", (PyCFunction)(void (*)(void))utf8, METH_FASTCALL, NULL },
    { NULL, NULL, 0, NULL }
};

/* With a size that is not -1 CPython calls PyInit for each interpreter, which may refuse then. */
static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "_wscodec", NULL, 0, functions, NULL, NULL, NULL, NULL
};

static int add_names(void) {
    struct {
        PyObject **name;
        const char *text;
    } names[] = {
        { &name_wait, "wait" }, { &name_wake, "wake" }, { &name_abort, "abort" }, { &name_requeue, "requeue" },
        { &name_unsent, "unsent" }, { &name_joins, "joins" }, { &name_masked, "masked" },
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (!(*names[i].name = PyUnicode_InternFromString(names[i].text))) {
            return -1;
        }
    }
    nothing = PyTuple_New(0);
    return nothing ? 0 : -1;
}

static PyObject *new_module(void) {
    PyObject *module = PyModule_Create(&definition);
    if (!module) {
        return NULL;
    }
    protocol_type = (PyTypeObject *)PyType_FromSpec(&protocol_spec);
    if (!protocol_type || add_names() < 0 || reading_init() < 0 || sending_init() < 0 || waiter_init() < 0
        || transport_init(module) < 0
        || PyModule_AddIntConstant(module, "version", WS_ABI) < 0
        || PyModule_AddObject(module, "Protocol", (PyObject *)protocol_type) < 0) {
        Py_DECREF(module);
        return NULL;
    }
    return module;
}

PyMODINIT_FUNC PyInit__wscodec(void) {
    static PyObject *module; /* the only one */
    static int64_t owner;
    int64_t interpreter = PyInterpreterState_GetID(PyInterpreterState_Get());
    if (!module) {
        owner = interpreter;
        module = new_module();
    } else if (owner != interpreter) {
        PyErr_SetString(PyExc_ImportError, "_wscodec is for one interpreter of a process");
        return NULL;
    }
    Py_XINCREF(module);
    return module;
}
