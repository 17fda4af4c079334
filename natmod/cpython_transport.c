/* The type Transport: what asyncio and a Protocol call of a connection, as often as bytes come and go. The
 * class in transport/native.py is made of it, and has all that is called seldom.
 *
 * Bytes are read straight to where the Protocol wants them (asyncio.BufferedProtocol), and the task that
 * waits for a message runs in the same turn of the event loop. They are sent straight to the socket
 * as long as asyncio has nothing that waits; what the socket does not take is given to asyncio.
 */
#include "cpython_wscodec.h"
#include <structmember.h>
#ifndef _WIN32
#include <sys/socket.h>
#include <sys/uio.h>
#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0 /* Python ignores SIGPIPE */
#endif
#endif

enum {
    OVERFLOW = 4096, /* bytes read at once of what nobody wants, or has room for */
    STACK = 2048,    /* bytes of a frame, up to which it is made on the stack */
    LONG = 1 << 15   /* bytes, from which on other threads may run while the system copies them */
};

static PyTypeObject *transport_type;
static PyObject *current_task, *name_write, *name_abort, *name_read_ready;
static PyObject *one_turn; /* (None,): awaited, the other tasks run once */

PyObject *raise_lost(int number) {
    PyObject *error = PyObject_CallFunction(PyExc_OSError, "is", number, "connection lost");
    if (error) {
        PyErr_SetObject((PyObject *)Py_TYPE(error), error);
        Py_DECREF(error);
    }
    return NULL;
}

/* Wake the task that waits to read: whether there is one; -1: an exception. */
static int wake(transport_t *self, int at_once) {
    waiter_t *waiter = self->reading;
    if (!waiter || (waiter->state != WAITER_ARMED && waiter->state != WAITER_AWAITED)) {
        return 0;
    }
    waiter->state = WAITER_WOKEN;
    if (!waiter->callback) { /* the task has yet to await it, or asyncio to hear of that */
        return 1;
    }
    Py_INCREF((PyObject *)waiter);
    int failed = waiter_call(waiter, at_once);
    Py_DECREF((PyObject *)waiter);
    return failed ? -1 : 1;
}

int transport_wake(transport_t *self) {
    return wake(self, 0);
}

int transport_wait(transport_t *self, PyObject **awaited) {
    waiter_t *waiter = self->reading;
    if (waiter && waiter->state == WAITER_AWAITED) {
        return 0;
    }
    if (self->backlog || self->ended) {
        Py_INCREF(one_turn);
        *awaited = one_turn;
        return 1;
    }
    if (!self->loop) {
        raise_lost(ECONNABORTED);
        return -1;
    }
    if (!waiter || waiter->state > WAITER_ARMED) { /* that one is still to be told */
        waiter = waiter_new(self->loop);
        if (!waiter) {
            return -1;
        }
        replace((PyObject **)&self->reading, (PyObject *)waiter);
    }
    waiter->state = WAITER_ARMED;
    Py_INCREF((PyObject *)waiter);
    *awaited = (PyObject *)waiter;
    return 1;
}

/* Call a method of asyncio's transport without arguments. NULL: an exception; also if there is none, since
 * open() was not called yet, or the garbage collector has been here. */
static PyObject *call(PyObject *method) {
    return method ? PyObject_CallNoArgs(method) : raise_lost(ECONNABORTED);
}

static int tell(PyObject *method) {
    PyObject *result = call(method);
    Py_XDECREF(result);
    return result ? 0 : -1;
}

/* Reading */

static int resume(transport_t *self) {
    if (!self->paused) {
        return 0;
    }
    self->paused = 0;
    return tell(self->resume_reading);
}

Py_ssize_t transport_read(transport_t *self, uint8_t *to, Py_ssize_t size) {
    if (self->backlog) {
        char *data;
        Py_ssize_t length;
        if (PyBytes_AsStringAndSize(self->backlog, &data, &length) < 0) {
            return -2;
        }
        Py_ssize_t n = length - self->backlog_start;
        n = n < size ? n : size;
        memcpy(to, data + self->backlog_start, (size_t)n);
        self->backlog_start += n;
        if (self->backlog_start == length) {
            Py_CLEAR(self->backlog);
            self->backlog_start = 0;
        }
        return n;
    }
    if (self->broken) {
        raise_lost(ECONNRESET);
        return -2;
    }
    if (self->ended) {
        return 0;
    }
    return resume(self) < 0 ? -2 : -1;
}

/* feed(data): bytes that have arrived before. */
static PyObject *transport_feed(PyObject *op, PyObject *data) {
    transport_t *self = (transport_t *)op;
    char *bytes;
    Py_ssize_t length;
    if (PyBytes_AsStringAndSize(data, &bytes, &length) < 0) {
        return NULL;
    }
    if (!self->backlog) {
        if (length) {
            Py_INCREF(data);
            self->backlog = data;
        }
    } else {
        PyBytes_Concat(&self->backlog, data);
        if (!self->backlog) {
            return NULL;
        }
    }
    Py_RETURN_NONE;
}

static PyObject *transport_get_buffer(PyObject *op, PyObject *Py_UNUSED(hint)) {
    transport_t *self = (transport_t *)op;
    protocol_t *protocol = self->protocol;
    PyObject *view = NULL;
    int message, found = 0;
    self->offers = OFFERS_NOTHING;
    if (self->error) { /* of receive_now() */
        errno = self->error;
        self->error = 0;
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    if (protocol && !self->backlog && !protocol->aborted) {
        Py_INCREF((PyObject *)protocol); /* new objects may let the garbage collector run */
        found = protocol_room(protocol, &self->offered, &message);
        if (found > 0) {
            self->offers = message ? OFFERS_MESSAGE : OFFERS_BUFFER;
            view = protocol_view(protocol, self->offered, message);
        }
        Py_DECREF((PyObject *)protocol);
    }
    if (found) {
        return view;
    }
    if (!self->overflow && !(self->overflow = PyBytes_FromStringAndSize(NULL, OVERFLOW))) {
        return NULL;
    }
    self->offers = OFFERS_OVERFLOW;
    self->offered = OVERFLOW;
    return memory_view(self->overflow, PyBytes_AsString(self->overflow), OVERFLOW);
}

/* What has come is more than is wanted for now. 0, or -1: an exception. */
static int keep_for_later(transport_t *self, Py_ssize_t n) {
    if (!self->protocol || self->protocol->aborted) {
        return 0; /* nobody will read it */
    }
    PyObject *data = PyBytes_FromStringAndSize(PyBytes_AsString(self->overflow), n);
    PyObject *done = data ? transport_feed((PyObject *)self, data) : NULL;
    Py_XDECREF(data);
    Py_XDECREF(done);
    return done ? 0 : -1;
}

/* Bytes have come, or the end: the task that waits for them runs. 0, or -1: an exception. */
static int tell_reader(transport_t *self) {
    waiter_t *waiter = self->reading;
    int at_once = waiter && waiter->state == WAITER_AWAITED && waiter->callback;
    if (at_once) {
        /* But not inside of another task, which asyncio does not allow. */
        PyObject *task = PyObject_CallFunctionObjArgs(current_task, self->loop, NULL);
        if (!task) {
            return -1;
        }
        at_once = task == Py_None;
        Py_DECREF(task);
    }
    if (at_once && self->protocol && !protocol_has_something(self->protocol)) {
        return 0; /* it would wait at once again */
    }
    return wake(self, at_once) < 0 ? -1 : 0;
}

/* So many bytes have come to where the `offers` were. 0, or -1: an exception. */
static int arrived(transport_t *self, Py_ssize_t n, int offers) {
    if (offers == OFFERS_OVERFLOW) {
        if (keep_for_later(self, n) < 0) {
            return -1;
        }
    } else if (self->protocol && !self->protocol->aborted) {
        int message = offers == OFFERS_MESSAGE;
        if (!protocol_has_room(self->protocol, n, message)) {
            PyErr_SetString(PyExc_ValueError, "what get_buffer() has shown is gone");
            return -1;
        }
        protocol_received(self->protocol, n, message);
    }
    if (tell_reader(self) < 0) {
        return -1;
    }
    /* Unless a task has taken it, the peer has to wait. */
    if (!self->paused && !self->ended && (self->backlog || (self->protocol && protocol_is_full(self->protocol)))) {
        self->paused = 1;
        return tell(self->pause_reading);
    }
    return 0;
}

static PyObject *transport_buffer_updated(PyObject *op, PyObject *arg) {
    transport_t *self = (transport_t *)op;
    Py_ssize_t n = PyLong_AsSsize_t(arg);
    if (n == -1 && PyErr_Occurred()) {
        return NULL;
    }
    char offers = self->offers;
    self->offers = OFFERS_NOTHING;
    if (n < 0 || n > self->offered || offers == OFFERS_NOTHING) {
        PyErr_SetString(PyExc_ValueError, "more than get_buffer() has shown");
        return NULL;
    }
    if (arrived(self, n, offers) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

/* Read once from the socket to the read buffer: bytes; 0: asyncio has to do it. */
static Py_ssize_t receive_now(transport_t *self) {
    #ifndef _WIN32
    protocol_t *protocol = self->protocol;
    if (self->fd >= 0 && protocol && !self->backlog && !protocol->aborted) {
        Py_ssize_t size, n = 0;
        int message;
        Py_INCREF((PyObject *)protocol); /* as in get_buffer() */
        int found = protocol_room(protocol, &size, &message);
        if (found < 0) {
            PyErr_Clear(); /* get_buffer() will say it again */
        } else if (found && !message) {
            n = recv(self->fd, protocol->p.buf + protocol->p.end, (size_t)size, MSG_DONTWAIT);
            if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
                self->error = errno; /* which the socket tells once */
            }
        }
        Py_DECREF((PyObject *)protocol);
        return n > 0 ? n : 0;
    }
    #endif
    (void)self;
    return 0;
}

/* An exception: as asyncio does then, lose the connection. NULL. */
static PyObject *give_up(transport_t *self) {
    PyObject *type, *error, *traceback;
    int is_error = PyErr_ExceptionMatches(PyExc_Exception);
    PyErr_Fetch(&type, &error, &traceback);
    if (is_error && self->transport) {
        PyObject *result = PyObject_CallMethodObjArgs(self->transport, name_abort, NULL);
        Py_XDECREF(result);
    }
    PyErr_Restore(type, error, traceback); /* instead of what abort() may have raised */
    return NULL;
}

/* read_ready(): what asyncio's own method of that kind does, without get_buffer() and buffer_updated(): it is left
 * the end, an error, and a message that is read straight to its memory, which may be long. */
static PyObject *transport_read_ready(PyObject *op, PyObject *Py_UNUSED(ignored)) {
    transport_t *self = (transport_t *)op;
    Py_ssize_t n = receive_now(self);
    if (n) {
        if (arrived(self, n, OFFERS_BUFFER) < 0) {
            return give_up(self);
        }
        Py_RETURN_NONE;
    }
    return self->transport ? PyObject_CallMethodObjArgs(self->transport, name_read_ready, NULL)
        : raise_lost(ECONNABORTED);
}

/* end(error): nothing more will come; OSError for what is read then, unless it is None. */
static PyObject *transport_end(PyObject *op, PyObject *error) {
    transport_t *self = (transport_t *)op;
    self->ended = 1;
    self->broken |= error != Py_None;
    int woken = wake(self, 0);
    return woken < 0 ? NULL : PyBool_FromLong(woken);
}

/* Writing */

/* Whether the transport is closing: 1 with an exception. */
static int is_lost(transport_t *self) {
    PyObject *closing = call(self->is_closing);
    if (!closing) {
        return 1;
    }
    int lost = PyObject_IsTrue(closing);
    Py_DECREF(closing);
    if (lost > 0) { /* one that has lost its peer would take bytes silently */
        raise_lost(ECONNABORTED);
    }
    return lost;
}

/* Whether asyncio has bytes that wait; -1: an exception. */
static int has_queue(transport_t *self) {
    if (!self->queued) {
        return 0;
    }
    PyObject *size = call(self->get_write_buffer_size);
    if (!size) {
        return -1;
    }
    long n = PyLong_AsLong(size);
    Py_DECREF(size);
    if (n == -1 && PyErr_Occurred()) {
        return -1;
    }
    self->queued = n != 0;
    return self->queued;
}

int transport_unsent(transport_t *self) {
    return is_lost(self) ? -1 : has_queue(self);
}

/* What the socket takes of head and body: bytes; -1: an exception. */
static Py_ssize_t send_now(transport_t *self, const void *head, size_t head_size, const void *body, size_t body_size) {
    #ifdef _WIN32
    (void)self, (void)head, (void)head_size, (void)body, (void)body_size;
    return 0;
    #else
    if (self->fd < 0) {
        return 0;
    }
    ssize_t n;
    size_t size = head_size + body_size;
    do {
        if (size <= STACK) {
            uint8_t both[STACK];
            memcpy(both, head, head_size);
            if (body_size) {
                memcpy(both + head_size, body, body_size);
            }
            n = send(self->fd, both, size, MSG_DONTWAIT | MSG_NOSIGNAL);
        } else {
            struct iovec parts[2] = { { (void *)head, head_size }, { (void *)body, body_size } };
            struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };
            if (size < LONG) {
                n = sendmsg(self->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
            } else {
                int fd = self->fd;
                Py_BEGIN_ALLOW_THREADS
                n = sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
                Py_END_ALLOW_THREADS
            }
        }
    } while (n < 0 && errno == EINTR && PyErr_CheckSignals() == 0);
    if (n < 0) {
        if (PyErr_Occurred()) {
            return -1;
        }
        if (errno == EAGAIN || errno == EWOULDBLOCK) {
            return 0;
        }
        PyErr_SetFromErrno(PyExc_OSError);
        return -1;
    }
    return n;
    #endif
}

/* Give an object with bytes to asyncio, which may keep it; the reference is taken. 0, or -1. */
static int give(transport_t *self, PyObject *data) {
    if (!data) {
        return -1;
    }
    self->queued = 1;
    PyObject *result = PyObject_CallMethodObjArgs(self->transport, name_write, data, NULL);
    Py_DECREF(data);
    Py_XDECREF(result);
    return result ? 0 : -1;
}

int transport_write(transport_t *self, const void *head, size_t head_size, const void *body, size_t body_size,
    PyObject *body_owner) {
    size_t size = head_size + body_size, taken = 0;
    if (is_lost(self)) { /* its socket may be another connection's soon */
        return -1;
    }
    int queue = has_queue(self);
    if (queue < 0) {
        return -1;
    }
    if (!queue) {
        Py_ssize_t n = send_now(self, head, head_size, body, body_size);
        if (n < 0) {
            return -1;
        }
        taken = (size_t)n;
        if (taken == size) {
            return 0;
        }
    }
    if (taken < head_size && body_size > LONG && body_owner) {
        if (give(self, PyBytes_FromStringAndSize((const char *)head + taken, (Py_ssize_t)(head_size - taken))) < 0) {
            return -1;
        }
        taken = head_size;
    }
    if (taken >= head_size) {
        size_t from = taken - head_size;
        if (body_owner) { /* not copied */
            PyObject *view = PyMemoryView_FromObject(body_owner);
            if (!view || !from) {
                return give(self, view);
            }
            PyObject *rest = PySequence_GetSlice(view, (Py_ssize_t)from, (Py_ssize_t)body_size);
            Py_DECREF(view);
            return give(self, rest);
        }
        return give(self, PyBytes_FromStringAndSize((const char *)body + from, (Py_ssize_t)(body_size - from)));
    }
    PyObject *both = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)(size - taken));
    if (both) {
        char *to = PyBytes_AsString(both);
        memcpy(to, (const char *)head + taken, head_size - taken);
        if (body_size) {
            memcpy(to + head_size - taken, body, body_size);
        }
    }
    return give(self, both);
}

/* open(transport, loop, fd): from now on this is asyncio's transport. */
static PyObject *transport_open(PyObject *op, PyObject *args) {
    transport_t *self = (transport_t *)op;
    PyObject *transport, *loop;
    int fd;
    if (!PyArg_ParseTuple(args, "OOi", &transport, &loop, &fd)) {
        return NULL;
    }
    struct {
        PyObject **method;
        const char *name;
    } methods[] = {
        { &self->is_closing, "is_closing" },
        { &self->get_write_buffer_size, "get_write_buffer_size" },
        { &self->pause_reading, "pause_reading" },
        { &self->resume_reading, "resume_reading" },
    };
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        PyObject *method = PyObject_GetAttrString(transport, methods[i].name);
        if (!method) {
            return NULL;
        }
        replace(methods[i].method, method);
    }
    Py_INCREF(transport);
    replace(&self->transport, transport);
    Py_INCREF(loop);
    replace(&self->loop, loop);
    self->fd = fd;
    self->queued = 1; /* the response of the handshake, perhaps */
    Py_RETURN_NONE;
}

/* lose(): the socket will be closed: nothing is sent to it any more. */
static PyObject *transport_lose(PyObject *op, PyObject *Py_UNUSED(ignored)) {
    ((transport_t *)op)->fd = -1;
    Py_RETURN_NONE;
}

static int transport_traverse(PyObject *op, visitproc visit, void *arg) {
    transport_t *self = (transport_t *)op;
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->transport);
    Py_VISIT(self->is_closing);
    Py_VISIT(self->get_write_buffer_size);
    Py_VISIT(self->pause_reading);
    Py_VISIT(self->resume_reading);
    Py_VISIT(self->loop);
    Py_VISIT(self->reading);
    Py_VISIT(self->backlog);
    return 0;
}

static int transport_clear(PyObject *op) {
    transport_t *self = (transport_t *)op;
    Py_CLEAR(self->transport);
    Py_CLEAR(self->is_closing);
    Py_CLEAR(self->get_write_buffer_size);
    Py_CLEAR(self->pause_reading);
    Py_CLEAR(self->resume_reading);
    Py_CLEAR(self->loop);
    Py_CLEAR(self->reading);
    Py_CLEAR(self->backlog);
    Py_CLEAR(self->overflow);
    self->offers = OFFERS_NOTHING;
    return 0;
}

static void transport_dealloc(PyObject *op) {
    PyTypeObject *type = Py_TYPE(op);
    PyObject_GC_UnTrack(op);
    transport_clear(op);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(op);
    Py_DECREF(type);
}

static PyMethodDef transport_methods[] = {
    { "open", transport_open, METH_VARARGS, NULL },
    { "feed", transport_feed, METH_O, NULL },
    { "end", transport_end, METH_O, NULL },
    { "lose", transport_lose, METH_NOARGS, NULL },
    { "get_buffer", transport_get_buffer, METH_O, NULL },
    { "buffer_updated", transport_buffer_updated, METH_O, NULL },
    { "read_ready", transport_read_ready, METH_NOARGS, NULL },
    { NULL, NULL, 0, NULL }
};

static PyMemberDef transport_members[] = {
    { "ended", T_BOOL, offsetof(transport_t, ended), READONLY, NULL },
    { NULL, 0, 0, 0, NULL }
};

static PyType_Slot transport_slots[] = {
    { Py_tp_dealloc, transport_dealloc },
    { Py_tp_traverse, transport_traverse },
    { Py_tp_clear, transport_clear },
    { Py_tp_methods, transport_methods },
    { Py_tp_members, transport_members },
    { 0, NULL }
};

static PyType_Spec transport_spec = {
    .name = "_wscodec.Transport",
    .basicsize = sizeof(transport_t),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .slots = transport_slots,
};

int is_transport(PyObject *object) {
    return PyObject_TypeCheck(object, transport_type);
}

/* A function of an event loop: the task that runs, or None. Up to CPython 3.13 tasks are kept in a dict, whose
 * method is faster. */
static PyObject *find_current_task(void) {
    PyObject *module = PyImport_ImportModule("_asyncio");
    PyObject *tasks = module ? PyObject_GetAttrString(module, "_current_tasks") : NULL;
    PyObject *found = tasks ? PyObject_GetAttrString(tasks, "get") : NULL;
    Py_XDECREF(tasks);
    Py_XDECREF(module);
    if (!found) {
        PyErr_Clear();
        module = PyImport_ImportModule("asyncio");
        found = module ? PyObject_GetAttrString(module, "current_task") : NULL;
        Py_XDECREF(module);
    }
    return found;
}

int transport_init(PyObject *module) {
    current_task = find_current_task();
    name_write = PyUnicode_InternFromString("write");
    name_abort = PyUnicode_InternFromString("abort");
    name_read_ready = PyUnicode_InternFromString("_read_ready__get_buffer");
    one_turn = PyTuple_Pack(1, Py_None);
    transport_type = (PyTypeObject *)PyType_FromSpec(&transport_spec);
    if (!current_task || !name_write || !name_abort || !name_read_ready || !one_turn || !transport_type) {
        return -1;
    }
    Py_INCREF((PyObject *)transport_type);
    return PyModule_AddObject(module, "Transport", (PyObject *)transport_type);
}
