/* ws_deflate: DEFLATE (RFC 1951) for messages, both ways, in pure C99.
 *
 * No MicroPython header, no libc call, no allocation, no global, no division, no unaligned access: the
 * same source is built into natmods, firmware and the fuzzers. What a message of RFC 7692 is stands in
 * python/microdot_websocket/features/compression.py.
 *
 * How to compress
 *   ws_deflate() makes one block with the fixed codes, ended as RFC 7692 wants it. It keeps nothing
 *   from one message to the next. A table of 512 bytes knows where three bytes were seen last; of a
 *   repetition only the end is put down there. That is less than zlib finds, by a third of it, and
 *   takes a fraction of its time and memory.
 *
 * How to inflate
 *   Call ws_inflate_begin(), then ws_inflate() until all is there. Without memory to write to it only
 *   counts: that takes as long as the message is when it is compressed, however long it becomes. So
 *   count first, allocate what it takes, begin again.
 *   What is written may be the whole message, or a ring of the last bytes as long as the window.
 *
 * What it checks
 *   All that zlib does: each block, its codes, its end. A distance leads no further back than the
 *   window that was agreed on, nor beyond the beginning of the message. (After a block that is marked
 *   as the last, that begins anew: RFC 7692, 7.2.3.4.) No more than WS_INFLATE_STREAMS of those.
 */
#ifndef WS_DEFLATE_H
#define WS_DEFLATE_H

#include <stdint.h>

/* Entries of the table. It may hold anything before. */
#define WS_DEFLATE_TABLE 256

/* Bytes that ws_deflate() may write beyond the payload's length. */
#define WS_DEFLATE_SLACK 40

#define WS_INFLATE_STREAMS 16
#define WS_INFLATE_FAST 8 /* bits of most codes */

/* What ws_inflate() returns. */
enum {
    WS_INFLATE_MORE,    /* all that was asked for is there */
    WS_INFLATE_END,     /* the message has ended */
    WS_INFLATE_BAD,     /* it is no DEFLATE data, or ends in the middle */
    WS_INFLATE_STREAMED /* too many blocks that are marked as the last */
};

typedef struct {
    const uint8_t *data; /* the compressed message */
    uint32_t len;
    uint32_t window;     /* bytes: how far back a distance may lead */
    uint32_t pos;        /* of the next byte in data, and in what follows it */
    uint32_t bits;       /* read from there, and not used yet */
    uint32_t n;          /* their number */
    uint32_t out;        /* bytes that the message has become */
    uint32_t begin;      /* what `out` was when the stream began */
    uint32_t left;       /* bytes of a repetition or of a stored block that are to come */
    uint32_t distance;   /* of that repetition */
    uint8_t block;       /* its kind, or that a header comes */
    uint8_t final, streams;
    uint8_t result;      /* once it is WS_INFLATE_END or more: for ever */
    /* Of a block's own codes: how many have so many bits, and their symbols, in order. */
    uint16_t lengths[16], symbols[288];
    uint16_t distance_lengths[16], distance_symbols[32];
    /* Symbol and bits of what begins with these bits; 0 if it has more, or is no code. */
    uint16_t fast[1 << WS_INFLATE_FAST];
} ws_inflate_t;

/* Compress data[0..len) for a window of so many bytes into `out`, which has len + WS_DEFLATE_SLACK bytes:
 * the bytes of the message, or 0 if it would not be shorter. */
uint32_t ws_deflate(uint16_t *table, const uint8_t *data, uint32_t len, uint32_t window, uint8_t *out);

void ws_inflate_begin(ws_inflate_t *s, const uint8_t *data, uint32_t len, uint32_t window);

/* Inflate until the message has become `end` bytes, or ends. The byte i goes to out[i & mask]; none, if
 * `out` is NULL. */
int ws_inflate(ws_inflate_t *s, uint8_t *out, uint32_t mask, uint32_t end);

#endif
