/* A fuzz target in libFuzzer's form: an owner of ws_protocol that does all that ws_protocol.h allows
 * it, with memory that ends where the header file says it may.
 *
 * Each input is a stream of frames and a script of how it comes and where it goes. However that is,
 * the same must come of it as of the whole stream at once with every message in memory of its own.
 * Input, in this order:
 *   0     bit 0: this end is a client; bit 1: RSV1; bits 2-3: the mode
 *   1     how many bytes of script follow; the rest is the stream
 */
#include "owner.h"

enum {
    SPLITS,  /* limits that depend on what has come; sinks change between messages: nothing may differ */
    SKIPS,   /* one set of limits; some messages are skipped: the others come as ever */
    ANYTHING /* limits at any time, a Close of this end at any time: memory and sizes are looked at */
};

static const uint32_t LIMITS[] = {1 << 16, 0, 1, 5, 20, 125, 126, 300};
#define SOME_LIMIT(choice) LIMITS[(choice) % (sizeof LIMITS / sizeof *LIMITS)]

/* Choices between two calls */

static void set_limits(owner_t *o, unsigned choice) {
    ws_protocol_t *p = &o->p;
    p->limit = SOME_LIMIT(choice);
    p->compressed_limit = SOME_LIMIT(choice >> 3);
    p->max_fragments = choice >> 6;
    o->most[0] = p->limit > o->most[0] ? p->limit : o->most[0];
    o->most[1] = p->compressed_limit > o->most[1] ? p->compressed_limit : o->most[1];
}

/* Do something that an owner may do at any time; whether it sends its Close. */
static int act(owner_t *o) {
    const input_t *in = o->in;
    ws_protocol_t *p = &o->p;
    unsigned choice = choose(o, 256);
    if (in->mode != ANYTHING) {
        set_limits(o, in->script[in->mode == SPLITS ? o->entries % in->script_len : 0]);
    } else if (choice >= 224) {
        set_limits(o, choose(o, 256));
    }
    if (choice % 4 == 3 && !p->arrived && (!p->in_message || p->sink != WS_BUFFER)) {
        into(o, choice & 8 ? 0 : 1 + choose(o, 60));
        give_buffer(o);
    }
    if (choice % 32 == 5 && in->mode == ANYTHING) {
        p->next_sink = WS_SKIP;
    }
    if (choice % 16 == 4 && in->mode != SPLITS && p->in_message && p->sink != WS_SKIP) {
        skip(o);
    }
    return choice == 200 && in->mode == ANYTHING;
}

/* What follows this end's Close */

/* Whether there is a Close among the frames of which the header begins at `from` or behind. */
static int has_close(const input_t *in, size_t from) {
    size_t at = 0;
    for (;;) {
        ws_header_t header;
        int size = at < in->len ? reference_header(in->stream + at, in->len - at, &header) : 0;
        if (size <= 0) {
            return 0;
        }
        if (at >= from && (header.first & 15) == WS_CLOSE) {
            return 1;
        }
        at += (size_t)size + header.length;
    }
}

static void discard(owner_t *o) {
    ws_protocol_t *p = &o->p;
    size_t from = o->fed - (p->end - p->start);
    int found;
    free(o->own);
    free(o->piece);
    o->own = o->piece = NULL;
    while (!(found = ws_discard(p)) && o->fed < o->in->len) {
        CHECK(p->start <= p->end && p->end - p->start < 14 && !p->arrived);
        CHECK(!ws_direct(p, 1));
        feed(o);
    }
    CHECK(found == has_close(o->in, from));
}

/* Give the protocol the stream, up to its end, a Close or an error; the log says what came. */
static void serve(owner_t *o) {
    int event = WS_IDLE, is_last = 0;
    while (event != WS_CLOSE) {
        if (act(o) || is_last) {
            discard(o);
            return;
        }
        event = next(o);
        if (event != WS_IDLE && event != WS_MORE) {
            is_last = take(o, event);
        } else if (o->fed == o->in->len) {
            take_rest(o, event);
            is_last = 1;
        }
        release_buffer(o);
        if (event == WS_IDLE || event == WS_MORE) {
            CHECK(o->p.end - o->p.start < WS_BUFFER_MIN); /* so that more can be read */
            if (!is_last) {
                feed(o);
            }
        }
    }
}

static void start(owner_t *o, const input_t *in, int is_plain) {
    *o = (owner_t){.in = in, .is_plain = is_plain, .p = {.options = (uint8_t)in->options}};
    set_limits(o, in->script[0]);
    o->buffer_size = WS_BUFFER_MIN + (is_plain ? in->len : choose(o, 200));
    o->message = malloc(in->len + 1);
    o->log = malloc((2 * in->len + 4) * sizeof *o->log);
    CHECK(o->message && o->log);
}

static void end(owner_t *o) {
    for (size_t i = 0; i < o->entries; i++) {
        free(o->log[i].bytes);
    }
    take_away(o->buf, o->before);
    free(o->own);
    free(o->piece);
    free(o->message);
    free(o->log);
}

/* Comparing */

static int same(const entry_t *a, const entry_t *b) {
    return a->event == b->event && a->code == b->code && a->len == b->len
        && memcmp(a->bytes, b->bytes, a->len) == 0;
}

static int is_message(const entry_t *entry) {
    return entry->event == WS_TEXT || entry->event == WS_BINARY;
}

/* Whether what came is what comes of the stream as a whole, less the messages that were skipped. */
static void compare(const owner_t *plain, const owner_t *o) {
    size_t at = 0, skipped = 0;
    for (size_t i = 0; i < o->entries; i++) {
        const entry_t *entry = &o->log[i];
        if (entry->event == SKIPPED) {
            skipped++;
            continue;
        }
        while (skipped && is_message(&plain->log[at]) && !same(&plain->log[at], entry)) {
            at++;
            skipped--;
        }
        CHECK(at < plain->entries);
        if (skipped && (plain->log[at].event == WS_ERR_TOO_BIG || entry->event <= WS_IDLE)) {
            return; /* what is skipped has no limit, and at the end nothing is left of it */
        }
        CHECK(same(&plain->log[at], entry));
        at++;
    }
    CHECK(at == plain->entries);
}

static void check_writing(const input_t *in) {
    uint32_t length = 0;
    for (size_t i = 0; i < 4; i++) {
        length = length << 8 | in->script[i % in->script_len];
    }
    length = (length & WS_LENGTH_MAX) >> in->script[0] % 30;
    uint32_t size = length < 126 ? 2 : length < 65536 ? 4 : 10;
    uint8_t *header = lay_out(NULL, size, in->mode);
    ws_header_t got;
    CHECK(ws_write_header(header, in->script[0], length) == size);
    CHECK(reference_header(header, size, &got) == (int)size);
    CHECK(got.first == in->script[0] && got.length == length && !got.masked);
    take_away(header, in->mode);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size) {
    if (size < 3 || !input[1] || input[1] > size - 2) {
        return 0;
    }
    input_t in = {.options = input[0] & 3, .mode = (input[0] >> 2 & 3) % 3};
    in.script = input + 2;
    in.script_len = input[1];
    in.stream = in.script + in.script_len;
    in.len = size - 2 - in.script_len;
    owner_t plain, o;
    start(&o, &in, 0);
    serve(&o);
    if (in.mode != ANYTHING) {
        start(&plain, &in, 1);
        serve(&plain);
        compare(&plain, &o);
        end(&plain);
    }
    end(&o);
    check_writing(&in);
    return 0;
}
