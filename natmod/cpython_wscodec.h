/* What the files of the extension for CPython share: see cpython_wscodec.c. */
#ifndef CPYTHON_WSCODEC_H
#define CPYTHON_WSCODEC_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <errno.h>
#include <string.h>
#include "ws_protocol.h"

typedef struct protocol protocol_t;

/* What the task in read() or drain() waits for: to asyncio a Future, which the next task may use again. */
typedef struct waiter {
    PyObject_HEAD
    PyObject *loop;
    PyObject *done;               /* a Future, instead of this one for a task that runs at once */
    PyObject *callback, *context; /* of the task that waits; NULL: none does */
    PyObject *message;            /* of cancel(), or NULL */
    char blocking;                /* _asyncio_future_blocking */
    char state;
} waiter_t;

enum {
    WAITER_IDLE,
    WAITER_ARMED,    /* read() has returned None; the task will await it */
    WAITER_AWAITED,  /* the task does */
    WAITER_WOKEN,    /* it will run */
    WAITER_CANCELLED /* it will run, and is told so */
};

/* The C half of a connection of asyncio; transport/native.py has the other. */
typedef struct {
    PyObject_HEAD
    protocol_t *protocol;  /* which is given the bytes; not owned, NULL: there is none */
    PyObject *transport;   /* asyncio's, and some of its methods: */
    PyObject *is_closing, *get_write_buffer_size, *pause_reading, *resume_reading;
    PyObject *loop;
    waiter_t *reading;     /* or NULL: no task has waited yet */
    PyObject *backlog;     /* bytes that the read buffer had no room for, or NULL */
    Py_ssize_t backlog_start;
    PyObject *overflow;    /* bytes with memory for what there is no other room for, or NULL */
    Py_ssize_t offered;    /* bytes that get_buffer() has shown */
    int fd;                /* to send to without asyncio; -1: by asyncio alone */
    int error;             /* what the socket has said, which asyncio has to hear; 0: nothing */
    char offers;           /* where those are */
    char queued;           /* the transport may have bytes that it has not sent */
    char paused;           /* it was told to read no more */
    char ended;            /* nothing more will come */
    char broken;           /* since the connection broke */
} transport_t;

enum { OFFERS_NOTHING, OFFERS_BUFFER, OFFERS_MESSAGE, OFFERS_OVERFLOW };

struct protocol {
    PyObject_HEAD
    ws_protocol_t p;
    PyObject *stream;    /* a Transport, or None */
    transport_t *direct; /* the same, if it is one of the type in C; NULL */
    PyObject *urandom;   /* of a client, else None */
    PyObject *sink;      /* the buffer that messages go to, or NULL */
    Py_buffer sink_view; /* of that, during a read() */
    PyObject *message;   /* bytes with the memory of the message in progress, or NULL */
    PyObject *block;     /* bytes with the memory of p.buf, and a memoryview of that */
    PyObject *block_view;
    PyObject *data;      /* what came with the last event, or NULL */
    PyObject *ahead;     /* what the next read() returns, found while its task waited; or NULL */
    PyObject *awaited;   /* what `await protocol` waits for, or NULL */
    PyObject *pending;   /* payload of the frame that is being sent, bytes, or NULL */
    uint8_t *out;        /* corked frames: out[out_start..out_end) */
    uint32_t out_start, out_end, cork_size;
    uint32_t sent;       /* bytes of the frame that is being sent, header included */
    uint32_t header_size;
    uint32_t joins;      /* bytes of a payload that are copied behind their header */
    uint32_t received, activity;
    uint32_t default_limit, buffer_size;
    uint32_t held, held_limit;
    uint8_t header[14];
    uint8_t parked;      /* bytes in park: what was left in a read buffer that was given back */
    uint8_t park[WS_BUFFER_MIN];
    uint8_t burst, more;
    uint8_t blocked, polled, woken;
    uint8_t aborted;     /* also if there is no stream */
    uint8_t inside;      /* a method runs that calls the stream */
    uint8_t reads;       /* a task waits in read(), and bytes may be decoded meanwhile */
    uint8_t unread;      /* see mod_wscodec.c */
    int8_t event;        /* of the last read() */
    int8_t last;         /* after CLOSE, an error or END: that event, for ever */
};

/* Events of read() besides those of ws_protocol.h. Twin: frames.END and so on */
enum { EV_END = -4, EV_BLOCKED = -5, EV_WOKEN = -6 };

/* What write() returns if it is not None. */
enum { YIELD = 1, CORKED, WAITS, BUSY, UNREAD };

/* self->more: whether to read before waiting, between two frames. */
enum { MORE_NO, MORE_YES, MORE_WAITED };

enum { BURST = 32 /* reads and writes without waiting, until other tasks get their turn */ };

/* Put a new reference in the place of another one, or of NULL. */
static inline void replace(PyObject **field, PyObject *object) {
    PyObject *old = *field;
    *field = object;
    Py_XDECREF(old);
}

/* cpython_wscodec.c */

/* Whether a method must not run, since another one is inside of the stream's: 1 with RuntimeError. */
int protocol_is_busy(const protocol_t *self);
/* A method that calls the stream begins, and has ended. In between all sorts of code may run: the stream's, asyncio's,
 * that of a finalizer or of another thread. It may call abort(), which leaves the memory to protocol_leave(). */
void protocol_enter(protocol_t *self);
void protocol_leave(protocol_t *self);
/* A number of bytes or fragments: WS_LENGTH_MAX at most, the least -1; -2 with TypeError unless it is an int. */
long protocol_number(PyObject *arg);
/* What a stream's own method has returned: bytes, at most size; -1: it would have to wait, -2: an exception. */
Py_ssize_t protocol_taken(protocol_t *self, PyObject *result, Py_ssize_t size);

/* cpython_reading.c */

int reading_init(void);
/* A memoryview of memory of bytes that nobody else has, or of a writable buffer, which it keeps. */
PyObject *memory_view(PyObject *owner, void *start, Py_ssize_t size);
PyObject *protocol_read(PyObject *op, PyObject *const *args, Py_ssize_t nargs);
PyObject *protocol_drain(PyObject *op, PyObject *ignored);
/* There is a read buffer for the next connection that needs one: 0, or -1: MemoryError. */
int protocol_have_block(protocol_t *self);
/* Nothing in the read buffer is needed any more: let other connections have it. */
void protocol_release_block(protocol_t *self);
/* The message in progress is needed no more. */
void protocol_drop_message(protocol_t *self);
/* Bytes of messages in progress, of all connections. */
uint32_t protocol_all_held(void);
/* Where the next bytes may be read to: 1, or 0 if a read buffer with bytes in it has no more room; -1: no
 * memory. *size: bytes; *message: whether that is the message in progress. */
int protocol_room(protocol_t *self, Py_ssize_t *size, int *message);
/* Whether there still is room for so many. */
int protocol_has_room(const protocol_t *self, Py_ssize_t n, int message);
/* A writable memoryview of that. */
PyObject *protocol_view(protocol_t *self, Py_ssize_t size, int message);
/* So many bytes were read there. */
void protocol_received(protocol_t *self, Py_ssize_t n, int message);
/* Whether the task in read() has to run, after bytes have come. */
int protocol_has_something(protocol_t *self);
/* Whether the read buffer has no room for more. */
int protocol_is_full(const protocol_t *self);

/* cpython_sending.c */

int sending_init(void);
PyObject *protocol_write(PyObject *op, PyObject *const *args, Py_ssize_t nargs);
PyObject *protocol_flush(PyObject *op, PyObject *ignored);
/* Hand to the stream what waits: 1 if some of it still does, 0, or -1: an exception. `blocked` tells. */
int protocol_flush_out(protocol_t *self);
/* Give the memory of the cork back, if nothing is in there. */
void protocol_free_cork(protocol_t *self);

/* cpython_waiter.c */

int waiter_init(void);
/* NULL: no memory. */
waiter_t *waiter_new(PyObject *loop);
/* Call the task that waits: at once, or in the next turn of the event loop. 0, or -1: an exception. */
int waiter_call(waiter_t *self, int at_once);

/* cpython_transport.c */

/* OSError with this number: the connection is lost. NULL. */
PyObject *raise_lost(int number);

/* Add the type to the module: 0, or -1: an exception. */
int transport_init(PyObject *module);
int is_transport(PyObject *object);
/* Read: bytes, 0 at the end, -1 if nothing is there, -2: an exception. */
Py_ssize_t transport_read(transport_t *self, uint8_t *to, Py_ssize_t size);
/* Write head and body: 0, or -1: an exception. All of it is taken; `queued` tells whether some of it waits.
 * body_owner: bytes with the body in it, which may be kept, or NULL: it is copied. */
int transport_write(transport_t *self, const void *head, size_t head_size, const void *body, size_t body_size,
    PyObject *body_owner);
/* Whether bytes wait that were written; -1: the connection is lost, an exception. */
int transport_unsent(transport_t *self);
/* The current task waits from now on, once it awaits: 1, or 0 if another one does; -1: no memory.
 * *awaited: what it awaits, a new reference. */
int transport_wait(transport_t *self, PyObject **awaited);
/* The task that waits runs next: whether there is one; -1: an exception. */
int transport_wake(transport_t *self);

#endif
