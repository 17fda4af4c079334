/* A fuzz target in libFuzzer's form: all of ws_core on one input, held to what its header file
 * promises and to plain references written from RFC 6455 and RFC 3629.
 * Input, KNOBS bytes and then the data:
 *   0     bits 0-3: how far from alignment the data lies; bits 4-6: state that ws_utf8 starts in
 *   1, 2  where the data is cut in two
 *   3     phase of the mask key; 128 and more: as far below SIZE_MAX
 *   4-7   mask key
 */
#include "target.h"

#define KNOBS 8

typedef struct {
    size_t before; /* bytes before the data in its block */
    size_t cut;
    size_t phase;
    int state;
    const uint8_t *key;
    const uint8_t *data;
    size_t len;
} input_t;

/* ws_parse_header */

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
