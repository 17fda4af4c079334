/* How the extension for CPython sends: frames, the cork, and what waits. See cpython_wscodec.c. */
#include "cpython_wscodec.h"

enum { CONTROL_MAX = 125, HEADER_MAX = 14 };

static PyObject *name_write, *name_unsent, *name_is_sent;
static PyObject *four;

/* Sending: what hands bytes to the stream. */

/* Bytes that it has taken and the system has not: whether there are any; -1: an exception. */
static int has_unsent(protocol_t *self) {
    if (self->direct) {
        return self->direct->queued ? transport_unsent(self->direct) : 0;
    }
    PyObject *unsent = PyObject_GetAttr(self->stream, name_unsent);
    int any = unsent ? PyObject_IsTrue(unsent) : -1;
    Py_XDECREF(unsent);
    return any;
}

/* The stream's write, of an object with bytes, whose reference is taken: bytes, -1 if it would have to wait, -2:
 * an exception. */
static Py_ssize_t write_object(protocol_t *self, PyObject *piece, Py_ssize_t size) {
    if (!piece) {
        return -2;
    }
    PyObject *result = self->aborted ? raise_lost(ECONNABORTED)
        : PyObject_CallMethodObjArgs(self->stream, name_write, piece, NULL);
    Py_DECREF(piece);
    return protocol_taken(self, result, size);
}

/* Hand what is corked to the stream: 1 if some of it waits, 0, or -1: an exception. */
static int send_cork(protocol_t *self) {
    Py_ssize_t n = self->out_end - self->out_start;
    const uint8_t *from = self->out + self->out_start;
    if (self->direct) {
        if (transport_write(self->direct, from, (size_t)n, NULL, 0, NULL) < 0) {
            return -1;
        }
    } else {
        Py_ssize_t taken = write_object(self, PyBytes_FromStringAndSize((const char *)from, n), n);
        if (taken == -2) {
            return -1;
        }
        if (taken < n) {
            self->out_start += taken > 0 ? (uint32_t)taken : 0;
            return 1;
        }
    }
    if (self->burst) {
        self->burst--;
    }
    self->out_start = self->out_end = 0;
    return 0;
}

/* Give the cork's memory back, if nothing is in there. */
void protocol_free_cork(protocol_t *self) {
    if (self->out && !self->out_end) {
        PyMem_Free(self->out);
        self->out = NULL;
    }
}

/* Hand the rest of the frame of self->pending, bytes, to the stream: 1 if some of it waits, 0, or -1. */
static int send_pending(protocol_t *self) {
    char *body;
    Py_ssize_t size;
    if (PyBytes_AsStringAndSize(self->pending, &body, &size) < 0) {
        return -1;
    }
    Py_ssize_t end = self->header_size + size;
    while ((Py_ssize_t)self->sent < end) {
        Py_ssize_t n = end - self->sent;
        PyObject *piece;
        if (self->sent < self->header_size) {
            Py_ssize_t head = self->header_size - self->sent, part = size;
            if (self->joins && part > (Py_ssize_t)self->joins) {
                part = self->joins;
            }
            n = head + part;
            piece = PyBytes_FromStringAndSize(NULL, n);
            if (piece) {
                memcpy(PyBytes_AsString(piece), self->header + self->sent, (size_t)head);
                memcpy(PyBytes_AsString(piece) + head, body, (size_t)part);
            }
        } else {
            PyObject *view = PyMemoryView_FromObject(self->pending);
            piece = view ? PySequence_GetSlice(view, (Py_ssize_t)(self->sent - self->header_size), size) : NULL;
            Py_XDECREF(view);
        }
        Py_ssize_t taken = write_object(self, piece, n);
        if (taken == -2) {
            return -1;
        }
        if (taken > 0) {
            self->sent += (uint32_t)taken;
        }
        if (taken < n) {
            return 1;
        }
    }
    Py_CLEAR(self->pending);
    return 0;
}

/* Hand to the stream what waits: 1 if some of it still does, 0, or -1: an exception. `blocked` tells. */
int protocol_flush_out(protocol_t *self) {
    self->blocked = 1;
    if (self->out_end) {
        int waits = send_cork(self);
        if (waits) {
            return waits;
        }
    }
    if (self->pending) {
        int waits = send_pending(self);
        if (waits) {
            return waits;
        }
    }
    if (self->direct) {
        int unsent = transport_unsent(self->direct);
        self->blocked = unsent != 0;
        return unsent;
    }
    PyObject *sent = PyObject_CallMethodObjArgs(self->stream, name_is_sent, NULL);
    int is_sent = sent ? PyObject_IsTrue(sent) : -1;
    Py_XDECREF(sent);
    if (is_sent >= 0) {
        self->blocked = !is_sent;
    }
    return is_sent < 0 ? -1 : !is_sent;
}

/* write(data, opcode) */

/* What is to be sent: bytes at data, which object or view keep. */
typedef struct {
    const uint8_t *data;
    Py_ssize_t size;
    PyObject *object; /* bytes, a new reference, or NULL */
    Py_buffer view;   /* or its obj is NULL */
} payload_t;

static void release_payload(payload_t *payload) {
    if (payload->view.obj) {
        PyBuffer_Release(&payload->view);
    }
    Py_CLEAR(payload->object);
}

/* 0, or -1: TypeError, or ValueError of a str that is not UTF-8. */
static int get_payload(PyObject *data, payload_t *payload) {
    memset(payload, 0, sizeof(*payload));
    if (PyUnicode_Check(data)) {
        payload->data = (const uint8_t *)PyUnicode_AsUTF8AndSize(data, &payload->size);
        return payload->data ? 0 : -1;
    }
    if (PyBytes_CheckExact(data)) {
        Py_INCREF(data);
        payload->object = data;
    } else if (PyObject_GetBuffer(data, &payload->view, PyBUF_SIMPLE) == 0) {
        payload->data = payload->view.buf;
        payload->size = payload->view.len;
        return 0;
    } else if (!PyErr_ExceptionMatches(PyExc_BufferError)) {
        return -1;
    } else { /* a memoryview with gaps */
        PyErr_Clear();
        payload->object = PyBytes_FromObject(data);
        if (!payload->object) {
            return -1;
        }
    }
    payload->data = (const uint8_t *)PyBytes_AsString(payload->object);
    payload->size = PyBytes_Size(payload->object);
    return 0;
}

/* 0, or -1: an exception of urandom's, or ValueError. */
static int get_mask(protocol_t *self, uint8_t *mask) {
    PyObject *key = PyObject_CallFunctionObjArgs(self->urandom, four, NULL);
    Py_buffer view;
    if (!key) {
        return -1;
    }
    int failed = PyObject_GetBuffer(key, &view, PyBUF_SIMPLE);
    if (!failed) {
        if (view.len == 4) {
            memcpy(mask, view.buf, 4);
        } else {
            PyErr_SetString(PyExc_ValueError, "a mask key has 4 bytes");
            failed = -1;
        }
        PyBuffer_Release(&view);
    }
    Py_DECREF(key);
    return failed;
}

/* Whether such a frame may be sent: 0, or -1: ValueError. text: it came as a str. */
static int check_frame(const payload_t *payload, long opcode, int text) {
    long kind = opcode & ~0xC0L; /* 0x80: not its message's last frame; 0x40: RSV1 */
    if ((kind > WS_BINARY || kind < 0) && (opcode < WS_CLOSE || opcode > WS_PONG || payload->size > CONTROL_MAX)) {
        PyErr_SetString(PyExc_ValueError, "opcode");
        return -1;
    }
    if (payload->size > (Py_ssize_t)WS_LENGTH_MAX) {
        PyErr_SetString(PyExc_ValueError, "too long");
        return -1;
    }
    if (!text && (opcode == WS_CLOSE || (opcode & ~0x80L) == WS_TEXT)) {
        size_t skip = opcode != WS_CLOSE ? 0 : payload->size < 2 ? (size_t)payload->size : 2;
        if (ws_utf8(payload->data + skip, (size_t)payload->size - skip, WS_UTF8_ACCEPT) != WS_UTF8_ACCEPT) {
            PyErr_SetString(PyExc_ValueError, "UTF-8");
            return -1;
        }
    }
    return 0;
}

/* Copy the frame's payload, and mask it for a server. */
static void copy_payload(const protocol_t *self, uint8_t *to, const payload_t *payload, const uint8_t *mask) {
    if (payload->size) {
        memcpy(to, payload->data, (size_t)payload->size);
    }
    if (self->urandom != Py_None) {
        ws_unmask(to, (size_t)payload->size, mask, 0);
    }
}

/* Put a frame into the cork: CORKED if it is the first, 0 if it is not; BUSY; -1: it has to be sent, -2: an
 * exception. Twin: cork in mod_wscodec.c */
static int cork(protocol_t *self, const payload_t *payload, const uint8_t *mask, int fits) {
    Py_ssize_t size = payload->size + HEADER_MAX;
    fits = fits && size <= (Py_ssize_t)self->cork_size / 2;
    if (self->out_end && (!fits || (Py_ssize_t)self->out_end + size > (Py_ssize_t)self->cork_size)) {
        int waits = protocol_flush_out(self);
        if (waits) {
            return waits < 0 ? -2 : BUSY;
        }
    }
    if (!fits) {
        return -1;
    }
    int result = 0;
    if (!self->out_end) {
        if (!self->out && !(self->out = PyMem_Malloc(self->cork_size))) {
            return -1;
        }
        result = CORKED;
    }
    memcpy(self->out + self->out_end, self->header, self->header_size);
    copy_payload(self, self->out + self->out_end + self->header_size, payload, mask);
    self->out_end += self->header_size + (uint32_t)payload->size;
    return result;
}

/* Hand the frame to the stream: 1 if some of it waits, 0, or -1: an exception. */
static int send_frame(protocol_t *self, payload_t *payload, const uint8_t *mask) {
    int is_client = self->urandom != Py_None;
    if (!self->direct || is_client) {
        if (is_client || !payload->object) {
            PyObject *bytes = PyBytes_FromStringAndSize(NULL, payload->size);
            if (!bytes) {
                return -1;
            }
            copy_payload(self, (uint8_t *)PyBytes_AsString(bytes), payload, mask);
            release_payload(payload);
            payload->object = bytes;
            payload->data = (const uint8_t *)PyBytes_AsString(bytes);
        }
    }
    if (self->direct) {
        if (transport_write(self->direct, self->header, self->header_size, payload->data, (size_t)payload->size,
            payload->object) < 0) {
            return -1;
        }
        self->sent = self->header_size + (uint32_t)payload->size;
        return has_unsent(self);
    }
    Py_INCREF(payload->object);
    replace(&self->pending, payload->object);
    int waits = send_pending(self);
    return waits ? waits : has_unsent(self);
}

/* write(), with its arguments as they are to be. What it returns, as an int; -1: an exception. */
static int write_frame(protocol_t *self, payload_t *payload, long opcode, const uint8_t *mask) {
    int is_data = (opcode & ~0xC0L) <= WS_BINARY;
    self->header_size = ws_write_header(self->header, (unsigned)(opcode ^ 0x80), (uint32_t)payload->size);
    if (self->urandom != Py_None) {
        self->header[1] |= 0x80;
        memcpy(self->header + self->header_size, mask, 4);
        self->header_size += 4;
    }
    self->sent = 0;
    if (self->out_end || self->p.start != self->p.end) {
        int result = cork(self, payload, mask, is_data && self->burst);
        if (result != -1) {
            return result == -2 ? -1 : result;
        }
    }
    int waits = send_frame(self, payload, mask);
    if (waits) {
        if (waits > 0) {
            self->blocked = 1;
        } else {
            Py_CLEAR(self->pending);
        }
        return waits < 0 ? -1 : WAITS;
    }
    if (self->burst) {
        self->burst--;
        return self->unread < 2 && ++self->unread == 2 ? UNREAD : 0;
    }
    self->burst = BURST;
    return YIELD;
}

PyObject *protocol_write(PyObject *op, PyObject *const *args, Py_ssize_t nargs) {
    protocol_t *self = (protocol_t *)op;
    payload_t payload;
    uint8_t mask[4] = { 0 };
    if (nargs != 2) {
        PyErr_SetString(PyExc_TypeError, "write(data, opcode)");
        return NULL;
    }
    int text = PyUnicode_Check(args[0]), result = -1;
    long opcode = text ? WS_TEXT : WS_BINARY;
    if (args[1] != Py_None && (opcode = protocol_number(args[1])) == -2) {
        return NULL;
    }
    if (protocol_is_busy(self) || get_payload(args[0], &payload) < 0) {
        return NULL;
    }
    if ((self->urandom == Py_None || get_mask(self, mask) == 0) && check_frame(&payload, opcode, text) == 0) {
        if (self->aborted) {
            raise_lost(ECONNABORTED);
        } else if (self->blocked) {
            result = BUSY;
        } else {
            protocol_enter(self);
            result = write_frame(self, &payload, opcode, mask);
            protocol_leave(self);
        }
    }
    release_payload(&payload);
    if (result < 0) {
        return NULL;
    }
    if (!result) {
        Py_RETURN_NONE;
    }
    return PyLong_FromLong(result);
}

PyObject *protocol_flush(PyObject *op, PyObject *Py_UNUSED(ignored)) {
    protocol_t *self = (protocol_t *)op;
    if (protocol_is_busy(self)) {
        return NULL;
    }
    if (self->aborted) {
        return raise_lost(ECONNABORTED);
    }
    protocol_enter(self);
    int waits = protocol_flush_out(self);
    protocol_leave(self);
    protocol_free_cork(self);
    return waits < 0 ? NULL : PyBool_FromLong(waits);
}

int sending_init(void) {
    name_write = PyUnicode_InternFromString("write");
    name_unsent = PyUnicode_InternFromString("unsent");
    name_is_sent = PyUnicode_InternFromString("is_sent");
    four = PyLong_FromLong(4);
    return name_write && name_unsent && name_is_sent && four ? 0 : -1;
}
