/* A fuzz target in libFuzzer's form: all of ws_core on one input, held to what its header file
 * promises and to plain references written from RFC 6455 and RFC 3629.
 *
 * Every buffer is a heap block of its own that ends where the bytes end, so that AddressSanitizer
 * sees one byte too far; the bytes before it are checked here. Input, KNOBS bytes and then the data:
 *   0     bits 0-3: how far from alignment the data lies; bits 4-6: state that ws_utf8 starts in
 *   1, 2  where the data is cut in two
 *   3     phase of the mask key; 128 and more: as far below SIZE_MAX
 *   4-7   mask key
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ws_core.h"

#define KNOBS 8
#define BEFORE 0xa5

#define CHECK(condition) \
    do { \
        if (!(condition)) { \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
            abort(); \
        } \
    } while (0)

typedef struct {
    size_t before; /* bytes before the data in its block */
    size_t cut;
    size_t phase;
    int state;
    const uint8_t *key;
    const uint8_t *data;
    size_t len;
} input_t;

/* A copy of len bytes in a block that ends with them, `before` bytes from its aligned start. */
static uint8_t *lay_out(const uint8_t *data, size_t len, size_t before) {
    uint8_t *block = malloc(before + len);
    CHECK(block || before + len == 0);
    if (before) {
        memset(block, BEFORE, before);
    }
    if (len) {
        memcpy(block + before, data, len);
    }
    return block ? block + before : NULL;
}

/* Frees the block again, in which nothing before the bytes may have changed. */
static void take_away(uint8_t *bytes, size_t before) {
    for (size_t i = 1; i <= before; i++) {
        CHECK(bytes[-(ptrdiff_t)i] == BEFORE);
    }
    free(bytes ? bytes - before : NULL);
}

/* ws_parse_header */

/* RFC 6455, section 5.2, as it is drawn there. */
static int reference_header(const uint8_t *b, size_t len, ws_header_t *header) {
    if (len < 2) {
        return 0;
    }
    size_t extended = (b[1] & 127) == 126 ? 2 : (b[1] & 127) == 127 ? 8 : 0;
    size_t key = b[1] & 128 ? 4 : 0;
    if (len < 2 + extended + key) {
        return 0;
    }
    uint64_t length = extended ? 0 : b[1] & 127;
    for (size_t i = 0; i < extended; i++) {
        length = length * 256 + b[2 + i];
    }
    if (length > 0x3fffffff) {
        return -1;
    }
    memset(header, 0, sizeof *header);
    header->first = b[0];
    header->masked = key != 0;
    header->length = (uint32_t)length;
    memcpy(header->key, b + 2 + extended, key);
    return (int)(2 + extended + key);
}

static int same_header(const ws_header_t *a, const ws_header_t *b) {
    return a->first == b->first && a->masked == b->masked && a->length == b->length
        && memcmp(a->key, b->key, 4) == 0;
}

static void check_header(const input_t *in, size_t len) {
    ws_header_t untouched = {0x5a, 0x5b, {1, 2, 3, 4}, 0x5c5d5e5f};
    ws_header_t expected = untouched, header = untouched;
    int size = reference_header(in->data, len, &expected);
    uint8_t *bytes = lay_out(in->data, len, in->before);
    CHECK(ws_parse_header(bytes, len, &header) == size);
    CHECK(same_header(&header, size > 0 ? &expected : &untouched));
    CHECK(len == 0 || memcmp(bytes, in->data, len) == 0);
    take_away(bytes, in->before);
}

/* ws_unmask */

static void check_unmask(const input_t *in) {
    size_t len = in->len, cut = in->cut;
    uint8_t *bytes = lay_out(in->data, len, in->before);
    ws_unmask(bytes, len, in->key, in->phase);
    for (size_t i = 0; i < len; i++) { /* section 5.3 */
        CHECK(bytes[i] == (in->data[i] ^ in->key[(in->phase + i) % 4]));
    }
    /* Again, in two pieces: back to what it was. */
    ws_unmask(bytes, cut, in->key, in->phase);
    if (cut < len) {
        ws_unmask(bytes + cut, len - cut, in->key, in->phase + cut);
    }
    CHECK(len == 0 || memcmp(bytes, in->data, len) == 0);
    take_away(bytes, in->before);
}

/* ws_utf8 */

/* RFC 3629, section 4: the first and the second byte of a character; the others are 80..BF. */
static const struct {
    uint8_t first, last, size, low, high;
    int state; /* after the first byte */
} CHARACTERS[] = {
    {0x00, 0x7f, 1, 0x80, 0xbf, 0}, {0xc2, 0xdf, 2, 0x80, 0xbf, 1}, {0xe0, 0xe0, 3, 0xa0, 0xbf, 4},
    {0xe1, 0xec, 3, 0x80, 0xbf, 2}, {0xed, 0xed, 3, 0x80, 0x9f, 5}, {0xee, 0xef, 3, 0x80, 0xbf, 2},
    {0xf0, 0xf0, 4, 0x90, 0xbf, 6}, {0xf1, 0xf3, 4, 0x80, 0xbf, 3}, {0xf4, 0xf4, 4, 0x80, 0x8f, 7},
};
#define N_CHARACTERS (sizeof CHARACTERS / sizeof *CHARACTERS)

/* The state after the character that begins at b, of which len bytes are there; *size of them are
 * its own. */
static int reference_character(const uint8_t *b, size_t len, size_t *size) {
    for (size_t k = 0; k < N_CHARACTERS; k++) {
        if (b[0] < CHARACTERS[k].first || b[0] > CHARACTERS[k].last) {
            continue;
        }
        size_t whole = CHARACTERS[k].size, i;
        for (i = 1; i < whole && i < len; i++) {
            uint8_t low = i == 1 ? CHARACTERS[k].low : 0x80, high = i == 1 ? CHARACTERS[k].high : 0xbf;
            if (b[i] < low || b[i] > high) {
                return -1;
            }
        }
        *size = i;
        return i == 1 ? CHARACTERS[k].state : (int)(whole - i);
    }
    return -1;
}

static int reference_utf8(const uint8_t *b, size_t len) {
    int state = 0;
    while (len) {
        size_t size = 0;
        state = reference_character(b, len, &size);
        if (state < 0) {
            return -1;
        }
        b += size;
        len -= size;
    }
    return state;
}

static int utf8_of(const input_t *in, size_t from, size_t to, int state) {
    uint8_t *bytes = lay_out(in->data + from, to - from, in->before);
    state = ws_utf8(bytes, to - from, state);
    CHECK(to == from || memcmp(bytes, in->data + from, to - from) == 0);
    take_away(bytes, in->before);
    return state;
}

static void check_utf8(const input_t *in) {
    /* The first byte that leads to each state. */
    static const uint8_t LEADS[] = {'a', 0xc2, 0xe1, 0xf1, 0xe0, 0xed, 0xf0, 0xf4};
    uint8_t *text = malloc(1 + in->len);
    CHECK(text);
    text[0] = LEADS[in->state];
    if (in->len) {
        memcpy(text + 1, in->data, in->len);
    }
    int expected = reference_utf8(text, 1 + in->len);
    CHECK(utf8_of(in, 0, in->len, in->state) == expected);
    int state = utf8_of(in, 0, in->cut, in->state);
    CHECK(state == reference_utf8(text, 1 + in->cut)); /* an error at the first bad byte */
    if (state >= 0) {
        CHECK(utf8_of(in, in->cut, in->len, state) == expected);
    }
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size) {
    if (size < KNOBS) {
        return 0;
    }
    input_t in = {.before = input[0] & 15, .state = input[0] >> 4 & 7, .key = input + 4};
    in.data = input + KNOBS;
    in.len = size - KNOBS;
    in.cut = (input[1] | (size_t)input[2] << 8) % (in.len + 1);
    in.phase = input[3] < 128 ? input[3] : SIZE_MAX - (input[3] & 127);
    check_header(&in, in.len);
    check_header(&in, in.cut);
    check_unmask(&in);
    check_utf8(&in);
    return 0;
}
