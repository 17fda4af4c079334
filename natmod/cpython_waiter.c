/* The type Waiter: what the task in read() or drain() awaits, as much of asyncio.Future as a Task wants. The next
 * task may use it again, and it can call its task at once, which a Future cannot. See cpython_wscodec.c.
 */
#include "cpython_wscodec.h"
#include <structmember.h>

static PyTypeObject *waiter_type;
static PyObject *cancelled_error;
static PyObject *name_call_soon, *name_run, *name_context;

/* A Future that is done: a task that is called with one of asyncio's own asks it for its result faster. */
static PyObject *done_future(PyObject *loop) {
    PyObject *future = PyObject_CallMethod(loop, "create_future", NULL);
    PyObject *result = future ? PyObject_CallMethod(future, "set_result", "O", Py_None) : NULL;
    Py_XDECREF(result);
    if (!result) {
        Py_CLEAR(future);
    }
    return future;
}

waiter_t *waiter_new(PyObject *loop) {
    waiter_t *self = PyObject_GC_New(waiter_t, waiter_type);
    if (self) {
        Py_INCREF(loop);
        self->loop = loop;
        self->done = NULL;
        self->callback = self->context = self->message = NULL;
        self->blocking = 0;
        self->state = WAITER_IDLE;
        PyObject_GC_Track(self);
        self->done = done_future(loop);
        if (!self->done) {
            Py_DECREF((PyObject *)self);
            self = NULL;
        }
    }
    return self;
}

static int waiter_traverse(PyObject *op, visitproc visit, void *arg) {
    waiter_t *self = (waiter_t *)op;
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->loop);
    Py_VISIT(self->done);
    Py_VISIT(self->callback);
    Py_VISIT(self->context);
    Py_VISIT(self->message);
    return 0;
}

static int waiter_clear(PyObject *op) {
    waiter_t *self = (waiter_t *)op;
    Py_CLEAR(self->loop);
    Py_CLEAR(self->done);
    Py_CLEAR(self->callback);
    Py_CLEAR(self->context);
    Py_CLEAR(self->message);
    return 0;
}

static void waiter_dealloc(PyObject *op) {
    PyTypeObject *type = Py_TYPE(op);
    PyObject_GC_UnTrack(op);
    waiter_clear(op);
    PyObject_GC_Del(op);
    Py_DECREF(type);
}

int waiter_call(waiter_t *self, int at_once) {
    PyObject *callback = self->callback, *context = self->context, *result = NULL;
    self->callback = self->context = NULL;
    if (at_once) {
        self->state = WAITER_IDLE;
        result = PyObject_CallMethodObjArgs(context, name_run, callback, self->done, NULL);
    } else {
        PyObject *method = self->loop ? PyObject_GetAttr(self->loop, name_call_soon) : raise_lost(ECONNABORTED);
        PyObject *args = method ? PyTuple_Pack(2, callback, self) : NULL;
        PyObject *kwargs = args ? PyDict_New() : NULL;
        if (kwargs && PyDict_SetItem(kwargs, name_context, context) == 0) {
            result = PyObject_Call(method, args, kwargs);
        }
        Py_XDECREF(kwargs);
        Py_XDECREF(args);
        Py_XDECREF(method);
    }
    Py_DECREF(callback);
    Py_DECREF(context);
    Py_XDECREF(result);
    return result ? 0 : -1;
}

static PyObject *waiter_add_done_callback(PyObject *op, PyObject *const *args, Py_ssize_t nargs, PyObject *names) {
    waiter_t *self = (waiter_t *)op;
    if (self->callback || nargs != 1 || !names || PyTuple_Size(names) != 1
        || PyUnicode_CompareWithASCIIString(PyTuple_GetItem(names, 0), "context") != 0) {
        PyErr_SetString(PyExc_RuntimeError, "for one task of asyncio");
        return NULL;
    }
    Py_INCREF(args[0]);
    Py_INCREF(args[1]);
    self->callback = args[0];
    self->context = args[1];
    if (self->state != WAITER_AWAITED && waiter_call(self, 0) < 0) { /* it was woken meanwhile */
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *waiter_cancel(PyObject *op, PyObject *args, PyObject *kwargs) {
    waiter_t *self = (waiter_t *)op;
    static char *names[] = { "msg", NULL };
    PyObject *message = NULL;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|O", names, &message)) {
        return NULL;
    }
    if (self->state != WAITER_AWAITED || !self->callback) {
        Py_RETURN_FALSE;
    }
    self->state = WAITER_CANCELLED;
    Py_XINCREF(message);
    replace(&self->message, message);
    if (waiter_call(self, 0) < 0) {
        return NULL;
    }
    Py_RETURN_TRUE;
}

/* result(): the task runs. */
static PyObject *waiter_result(PyObject *op, PyObject *Py_UNUSED(ignored)) {
    waiter_t *self = (waiter_t *)op;
    char state = self->state;
    self->state = WAITER_IDLE;
    if (state == WAITER_CANCELLED) {
        PyObject *message = self->message;
        self->message = NULL;
        if (message && message != Py_None) {
            PyErr_SetObject(cancelled_error, message);
        } else {
            PyErr_SetNone(cancelled_error);
        }
        Py_XDECREF(message);
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *waiter_get_loop(PyObject *op, PyObject *Py_UNUSED(ignored)) {
    PyObject *loop = ((waiter_t *)op)->loop;
    loop = loop ? loop : Py_None; /* the garbage collector has been here */
    Py_INCREF(loop);
    return loop;
}

static PyObject *waiter_iter(PyObject *op) {
    Py_INCREF(op);
    return op;
}

/* A task awaits: this is yielded once, if it still has to wait. */
static PyObject *waiter_next(PyObject *op) {
    waiter_t *self = (waiter_t *)op;
    if (self->state != WAITER_ARMED) {
        return NULL;
    }
    self->state = WAITER_AWAITED;
    self->blocking = 1;
    return waiter_iter(op);
}

static PyMethodDef waiter_methods[] = {
    { "add_done_callback", (PyCFunction)(void (*)(void))waiter_add_done_callback, METH_FASTCALL | METH_KEYWORDS, NULL },
    { "cancel", (PyCFunction)(void (*)(void))waiter_cancel, METH_VARARGS | METH_KEYWORDS, NULL },
    { "result", waiter_result, METH_NOARGS, NULL },
    { "get_loop", waiter_get_loop, METH_NOARGS, NULL },
    { NULL, NULL, 0, NULL }
};

static PyMemberDef waiter_members[] = {
    { "_asyncio_future_blocking", T_BOOL, offsetof(waiter_t, blocking), 0, NULL },
    { NULL, 0, 0, 0, NULL }
};

static PyType_Slot waiter_slots[] = {
    { Py_tp_dealloc, waiter_dealloc },
    { Py_tp_traverse, waiter_traverse },
    { Py_tp_clear, waiter_clear },
    { Py_tp_iter, waiter_iter },
    { Py_tp_iternext, waiter_next },
    { Py_am_await, waiter_iter },
    { Py_tp_methods, waiter_methods },
    { Py_tp_members, waiter_members },
    { 0, NULL }
};

static PyType_Spec waiter_spec = {
    .name = "_wscodec.Waiter",
    .basicsize = sizeof(waiter_t),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC
        #ifdef Py_TPFLAGS_DISALLOW_INSTANTIATION
        | Py_TPFLAGS_DISALLOW_INSTANTIATION
        #endif
    ,
    .slots = waiter_slots,
};

int waiter_init(void) {
    PyObject *asyncio = PyImport_ImportModule("asyncio");
    if (!asyncio) {
        return -1;
    }
    cancelled_error = PyObject_GetAttrString(asyncio, "CancelledError");
    Py_DECREF(asyncio);
    name_call_soon = PyUnicode_InternFromString("call_soon");
    name_run = PyUnicode_InternFromString("run");
    name_context = PyUnicode_InternFromString("context");
    waiter_type = (PyTypeObject *)PyType_FromSpec(&waiter_spec);
    return cancelled_error && name_call_soon && name_run && name_context && waiter_type ? 0 : -1;
}
