/* A fuzz target in libFuzzer's form: ws_deflate on one input, which is data to compress and a message to
 * inflate, held to what its header file promises. zlib is the oracle elsewhere: compression.py.
 * Input, KNOBS bytes and then the data:
 *   0     bits 0-2: the window, in bits above 8; bit 3: what the table is filled with
 *   1     how many bytes a piece has
 */
#include "target.h"
#include "ws_deflate.h"

#define KNOBS 2
#define MOST 20000 /* bytes that a message becomes here */

typedef struct {
    uint32_t window, piece;
    const uint8_t *data;
    uint32_t len;
} input_t;

typedef struct {
    uint8_t *data;
    uint32_t len;
    int result;
} output_t;

/* Into memory of that many bytes, or of MOST. */
static output_t inflated(const input_t *in, uint32_t size) {
    uint8_t *message = lay_out(in->data, in->len, 0);
    output_t out = {.data = malloc(size ? size : 1)};
    ws_inflate_t s;
    CHECK(out.data);
    ws_inflate_begin(&s, message, in->len, in->window);
    out.result = ws_inflate(&s, out.data, UINT32_MAX, size);
    out.len = s.out;
    CHECK(out.len <= size && out.result <= WS_INFLATE_STREAMED);
    CHECK(out.result || out.len == size);
    CHECK(ws_inflate(&s, out.data, UINT32_MAX, size) == out.result && s.out == out.len);
    take_away(message, 0);
    return out;
}

/* Without memory to write to. */
static void check_count(const input_t *in, const output_t *expected) {
    uint8_t *message = lay_out(in->data, in->len, 0);
    ws_inflate_t s;
    ws_inflate_begin(&s, message, in->len, in->window);
    CHECK(ws_inflate(&s, NULL, 0, MOST) == expected->result);
    CHECK(s.out == expected->len);
    take_away(message, 0);
}

/* Through a ring that is as long as the window. */
static void check_pieces(const input_t *in, const output_t *expected) {
    uint8_t *message = lay_out(in->data, in->len, 0), *ring = malloc(in->window);
    ws_inflate_t s;
    uint32_t done = 0;
    int result = WS_INFLATE_MORE;
    CHECK(ring);
    ws_inflate_begin(&s, message, in->len, in->window);
    while (!result && done < MOST) {
        uint32_t end = done + in->piece < MOST ? done + in->piece : MOST;
        result = ws_inflate(&s, ring, in->window - 1, end);
        for (; done < s.out; done++) {
            CHECK(ring[done & (in->window - 1)] == expected->data[done]);
        }
    }
    CHECK(result == expected->result && done == expected->len);
    free(ring);
    take_away(message, 0);
}

/* What is compressed becomes what it was, and is shorter. */
static void check_deflate(const input_t *in, int fill) {
    uint16_t table[WS_DEFLATE_TABLE];
    memset(table, fill, sizeof table);
    uint8_t *data = lay_out(in->data, in->len, 0), *message = malloc(in->len + WS_DEFLATE_SLACK);
    CHECK(message);
    uint32_t n = ws_deflate(table, data, in->len, in->window, message);
    if (n) {
        CHECK(n < in->len);
        input_t made = {.window = in->window, .data = message, .len = n};
        output_t out = inflated(&made, in->len + 1);
        CHECK(out.result == WS_INFLATE_END && out.len == in->len);
        CHECK(memcmp(out.data, in->data, in->len) == 0);
        free(out.data);
    }
    free(message);
    take_away(data, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size) {
    if (size < KNOBS) {
        return 0;
    }
    input_t in = {.window = 256u << (input[0] & 7), .piece = 1u + input[1]};
    in.data = input + KNOBS;
    in.len = (uint32_t)(size - KNOBS);
    in.piece = in.piece < in.window ? in.piece : in.window;
    output_t out = inflated(&in, MOST);
    check_count(&in, &out);
    check_pieces(&in, &out);
    free(out.data);
    check_deflate(&in, input[0] & 8 ? 0xA5 : 0);
    return 0;
}
