/* What the fuzz targets share: how they complain, memory that AddressSanitizer watches, and plain
 * references written from RFC 6455 and RFC 3629, which share nothing with the code under test. */
#ifndef TARGET_H
#define TARGET_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ws_core.h"

#define BEFORE 0xa5

#define CHECK(condition) \
    do { \
        if (!(condition)) { \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
            abort(); \
        } \
    } while (0)

/* len bytes in a heap block that ends with them, so that AddressSanitizer sees one byte too far;
 * `before` bytes from its aligned start, which take_away() checks. A copy of data, if there is any. */
static inline uint8_t *lay_out(const uint8_t *data, size_t len, size_t before) {
    uint8_t *block = malloc(before + len);
    CHECK(block || before + len == 0);
    if (before) {
        memset(block, BEFORE, before);
    }
    if (data && len) {
        memcpy(block + before, data, len);
    }
    return block ? block + before : NULL;
}

/* Frees the block again, in which nothing before the bytes may have changed. */
static inline void take_away(uint8_t *bytes, size_t before) {
    for (size_t i = 1; i <= before; i++) {
        CHECK(bytes[-(ptrdiff_t)i] == BEFORE);
    }
    free(bytes ? bytes - before : NULL);
}

/* RFC 6455, section 5.2, as it is drawn there. */
static inline int reference_header(const uint8_t *b, size_t len, ws_header_t *header) {
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
static inline int reference_character(const uint8_t *b, size_t len, size_t *size) {
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

static inline int reference_utf8(const uint8_t *b, size_t len) {
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

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

#endif
