/* An owner of ws_protocol for the fuzz target: it gives memory that ends where ws_protocol.h says it may,
 * lets go of it as soon as it may, and keeps what has come. What it has a choice in, a script decides. */
#ifndef OWNER_H
#define OWNER_H

#include "target.h"
#include "ws_protocol.h"

typedef struct {
    unsigned options, mode;
    const uint8_t *script;
    size_t script_len;
    const uint8_t *stream;
    size_t len;
} input_t;

/* What has come: an event and its bytes. */
typedef struct {
    int event;
    unsigned code; /* of a Close; whether a message is compressed */
    uint8_t *bytes;
    size_t len;
} entry_t;

#define SKIPPED 100 /* the event of a message that is skipped from here on; it comes nowhere else */

typedef struct {
    ws_protocol_t p;
    const input_t *in;
    int is_plain;      /* the stream comes whole, and no choice is made */
    size_t at_script, fed, buffer_size;
    uint8_t *buf;      /* what p.buf is */
    size_t before, buf_len;
    uint8_t *own;      /* memory of the message in progress */
    uint8_t *piece;    /* the buffer of the application */
    uint32_t piece_size;
    uint32_t most[2];  /* the highest limit, and compressed_limit, that there was */
    int is_dropping;   /* a message is skipped, of which bytes have been read to msg */
    uint8_t *message;  /* the pieces of the message in progress */
    size_t message_len;
    entry_t *log;
    size_t entries;
} owner_t;

void ws_move(void *to, const void *from, size_t n) {
    CHECK(to && from && n);
    memmove(to, from, n);
}

/* A number below n, from the script; 0 if there is none. */
static uint32_t choose(owner_t *o, uint32_t n) {
    const input_t *in = o->in;
    return o->is_plain ? 0 : in->script[o->at_script++ % in->script_len] % n;
}

static void append(uint8_t *to, size_t *len, const uint8_t *from, size_t n) {
    if (n) {
        memcpy(to + *len, from, n);
        *len += n;
    }
}

static void add_entry(owner_t *o, int event, unsigned code, const uint8_t *bytes, size_t n) {
    entry_t *entry = &o->log[o->entries++];
    *entry = (entry_t){event, code, malloc(n + 1), 0};
    CHECK(entry->bytes);
    append(entry->bytes, &entry->len, bytes, n);
}

/* Memory for messages */

/* Messages that begin from now on go to a buffer of this size; 0: to memory of their own. */
static void into(owner_t *o, uint32_t size) {
    free(o->piece);
    o->piece = size ? malloc(size) : NULL;
    o->piece_size = size;
    o->p.next_sink = size ? WS_BUFFER : WS_OWN;
}

/* Give the buffer to the protocol, unless a message is on its way to memory of its own. */
static void give_buffer(owner_t *o) {
    ws_protocol_t *p = &o->p;
    if (o->piece && !(p->in_message && p->sink == WS_OWN)) {
        p->msg = o->piece;
        p->room = o->piece_size;
        p->size = 0;
    }
}

static void drop_own(owner_t *o) {
    free(o->own);
    o->own = o->p.msg = NULL;
    o->p.room = o->p.size = 0;
    give_buffer(o);
}

/* Check and drop the message in progress from now on. */
static void skip(owner_t *o) {
    add_entry(o, SKIPPED, 0, NULL, 0);
    o->p.sink = WS_SKIP;
    o->message_len = 0;
    o->is_dropping = o->p.arrived != 0;
    if (!o->is_dropping) {
        drop_own(o);
    }
}

static void give_room(owner_t *o) {
    ws_protocol_t *p = &o->p;
    uint32_t room = p->total + (choose(o, 4) ? 0 : choose(o, 40));
    uint8_t *memory = malloc(room);
    CHECK(p->sink == WS_OWN && p->room < p->total && memory);
    if (p->size) {
        memcpy(memory, o->own, p->size);
    }
    free(o->own);
    o->own = p->msg = memory;
    p->room = room;
}

/* Reading */

/* The next bytes of the stream, in a read of their own. */
static void feed(owner_t *o) {
    ws_protocol_t *p = &o->p;
    const uint8_t *from = o->in->stream + o->fed;
    size_t n = o->in->len - o->fed, some = choose(o, 60), kept = p->end - p->start;
    uint32_t least = choose(o, 2) ? 1 : (uint32_t)o->buffer_size;
    uint32_t direct = ws_direct(p, least);
    n = some && some < n ? some : n;
    if (direct) {
        CHECK(direct >= least && direct <= p->room - p->size && direct <= p->left && !kept);
        n = n < direct ? n : direct;
        memcpy(p->msg + p->size, from, n);
        p->arrived = (uint32_t)n;
    } else {
        n = n < o->buffer_size - kept ? n : o->buffer_size - kept;
        CHECK(n);
        uint8_t *old = o->buf;
        size_t old_before = o->before;
        o->before = choose(o, 8);
        o->buf = lay_out(NULL, kept + n, o->before);
        if (kept) {
            memcpy(o->buf, old + p->start, kept);
        }
        memcpy(o->buf + kept, from, n);
        take_away(old, old_before);
        p->buf = o->buf;
        p->start = 0;
        p->end = (uint32_t)(kept + n);
        o->buf_len = kept + n;
    }
    o->fed += n;
}

/* What ws_next() returns, with the room that it asks for. */
static int next(owner_t *o) {
    ws_protocol_t *p = &o->p;
    for (;;) {
        int event = ws_next(p);
        CHECK(p->start <= p->end && (!o->buf || p->end <= o->buf_len) && !p->arrived);
        CHECK(p->sink == WS_SKIP || p->size <= p->room);
        if (o->is_dropping) {
            o->is_dropping = 0;
            drop_own(o);
        }
        if (event != WS_ROOM) {
            return event;
        }
        give_room(o);
    }
}

/* Taking what has come */

static void take_message(owner_t *o, int event) {
    ws_protocol_t *p = &o->p;
    CHECK(p->sink != WS_SKIP && event == p->opcode);
    append(o->message, &o->message_len, p->msg, p->size);
    CHECK(o->message_len == p->total && p->total <= o->most[p->compressed != 0]);
    CHECK(!p->compressed || p->sink == WS_OWN);
    if (event == WS_TEXT && !p->compressed) {
        CHECK(reference_utf8(o->message, o->message_len) == 0);
    }
    add_entry(o, event, p->compressed, o->message, o->message_len);
    o->message_len = 0;
    if (p->sink == WS_OWN) {
        drop_own(o);
    }
}

static void take_piece(owner_t *o) {
    ws_protocol_t *p = &o->p;
    CHECK(p->sink == WS_BUFFER && p->size == p->room && p->left);
    append(o->message, &o->message_len, p->msg, p->size);
    p->size = 0;
    if (choose(o, 3) == 2) {
        into(o, 1 + choose(o, 60));
        give_buffer(o);
    }
}

static void take_control(owner_t *o, int event) {
    ws_protocol_t *p = &o->p;
    unsigned code = event == WS_CLOSE ? p->close_code : 0;
    CHECK(p->data_len <= 125);
    if (event == WS_CLOSE) {
        CHECK(code == 1005 ? !p->data_len : ws_is_close_code(code));
        CHECK(p->start == p->end && reference_utf8(p->data, p->data_len) == 0);
    }
    add_entry(o, event, code, p->data, p->data_len);
}

/* The bytes of the message in progress, at the end of the stream. */
static void take_rest(owner_t *o, int event) {
    ws_protocol_t *p = &o->p;
    CHECK(event == WS_MORE || (event == WS_IDLE && p->start == p->end && !p->left));
    if (p->in_message && p->sink != WS_SKIP) {
        append(o->message, &o->message_len, p->msg, p->size);
    }
    add_entry(o, event, 0, o->message, o->message_len);
}

/* An event has come; whether it is the last one. */
static int take(owner_t *o, int event) {
    if (event == WS_TEXT || event == WS_BINARY) {
        take_message(o, event);
        return 0;
    }
    if (event == WS_FULL) {
        take_piece(o);
        return 0;
    }
    if (event < WS_FULL) {
        CHECK(event <= WS_ERR_RSV && event >= WS_ERR_TOO_BIG);
        add_entry(o, event, 0, NULL, 0);
        return 1;
    }
    CHECK(event >= WS_CLOSE && event <= WS_PONG);
    take_control(o, event);
    return event == WS_CLOSE;
}

/* The buffer goes whenever nothing is in it. */
static void release_buffer(owner_t *o) {
    if (o->p.start == o->p.end) {
        take_away(o->buf, o->before);
        o->buf = o->p.buf = NULL;
        o->before = 0;
    }
}

#endif
