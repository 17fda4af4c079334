#include "ws_deflate.h"

#define INLINE static inline __attribute__((always_inline))

/* The bits of a byte in reverse: a Huffman code begins with its highest. */
static const uint8_t nibbles[16] = {0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15};

INLINE uint32_t reversed(const uint8_t *nibble, uint32_t byte) {
    return (uint32_t)nibble[byte & 15] << 4 | nibble[byte >> 4];
}

/* Compressing */

enum { SHORTEST = 3, LONGEST = 258 /* bytes of a repetition */ };

typedef struct {
    uint8_t *to;
    uint32_t bits, n; /* not written yet: fewer than 8 */
} writer_t;

/* Bits, 24 at most. */
INLINE void put(writer_t *w, uint32_t bits, uint32_t n) {
    w->bits |= bits << w->n;
    w->n += n;
    while (w->n >= 8) {
        *w->to++ = (uint8_t)w->bits;
        w->bits >>= 8;
        w->n -= 8;
    }
}

/* What is written may be less than so many bytes longer than what it is made of. The rest of the slack is for a
 * repetition, or the last two literals and the end. */
#define LONGER (WS_DEFLATE_SLACK - 8)

/* False if what is written becomes longer than what it is made of: this is no text. */
INLINE int put_literal(writer_t *w, const uint8_t *nibble, uint32_t byte, const uint8_t *most) {
    if (byte < 144) { /* 8 bits: as many as before are left */
        w->bits |= reversed(nibble, 0x30 + byte) << w->n;
        *w->to++ = (uint8_t)w->bits;
        w->bits >>= 8;
        return 1;
    }
    put(w, 1 | reversed(nibble, byte) << 1, 9); /* 0x190 + byte - 144 */
    return w->to < most;
}

/* How far a number must be shifted to be less than a limit. */
INLINE uint32_t shift_below(uint32_t number, uint32_t limit) {
    uint32_t shift = 0;
    while (number >> shift >= limit) {
        shift++;
    }
    return shift;
}

/* RFC 1951, 3.2.5: the codes of lengths go in fours, those of distances in twos, from where each stands
 * for twice as many as the ones before. */
INLINE void put_repetition(writer_t *w, const uint8_t *nibble, uint32_t length, uint32_t distance) {
    uint32_t code = 29, extra = 0, n = 0;
    if (length < LONGEST) {
        length -= SHORTEST;
        n = shift_below(length, 8);
        code = 1 + 4 * n + (length >> n);
        extra = length & ((1u << n) - 1);
    }
    if (code < 24) {
        put(w, reversed(nibble, code << 1) | extra << 7, 7 + n);
    } else {
        put(w, reversed(nibble, 0xC0 - 24 + code) | extra << 8, 8 + n);
    }
    distance--;
    n = shift_below(distance, 4);
    code = 2 * n + (distance >> n);
    put(w, reversed(nibble, code << 3) | (distance & ((1u << n) - 1)) << 5, 5 + n);
}

INLINE uint32_t three_bytes(const uint8_t *p) {
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16;
}

/* Where the table has them. */
INLINE uint8_t hash(uint32_t three) {
    return (uint8_t)(three + (three >> 6) + (three >> 13));
}

/* The table knows positions modulo 65536, and those of other messages too. A position from it is as good as
 * any that lies in the window: the bytes there decide. */
uint32_t ws_deflate(uint16_t *table, const uint8_t *data, uint32_t len, uint32_t window, uint8_t *out) {
    const uint8_t *p = data, *end = data + len, *last = len < SHORTEST ? data : end - SHORTEST + 1;
    const uint8_t *nibble = nibbles;
    writer_t w = {out, 1 << 1, 3}; /* a block with the fixed codes */
    uint32_t three = len < SHORTEST ? 0 : three_bytes(p) << 8;
    while (p < last) {
        three = three >> 8 | (uint32_t)p[2] << 16;
        uint16_t *slot = table + hash(three), here = (uint16_t)(uintptr_t)p;
        uint32_t distance = (uint16_t)(here - *slot);
        *slot = here;
        if (distance - 1 < window && distance <= (uint32_t)(p - data)) {
            const uint8_t *found = p - distance;
            if (found[0] == p[0] && found[1] == p[1] && found[2] == p[2]) {
                const uint8_t *q = p + SHORTEST, *stop = end - p > LONGEST ? p + LONGEST : end;
                for (found += SHORTEST; q < stop && *q == *found; q++) {
                    found++;
                }
                put_repetition(&w, nibble, (uint32_t)(q - p), distance);
                if (w.to >= out + LONGER + (q - data)) { /* three bytes from far away take 25 bits */
                    return 0;
                }
                p = q;
                if (p < last) {
                    three = three_bytes(p - 1);
                    table[hash(three)] = (uint16_t)(uintptr_t)(p - 1);
                }
                continue;
            }
        }
        if (!put_literal(&w, nibble, *p, out + LONGER + (p - data))) {
            return 0;
        }
        p++;
    }
    for (; p < end; p++) {
        put_literal(&w, nibble, *p, out);
    }
    put(&w, 0, 7);                      /* the block ends */
    put(&w, 0, 3 + (-(w.n + 3) & 7));   /* one that is stored begins, of which the peer knows the rest */
    uint32_t size = (uint32_t)(w.to - out);
    return size < len ? size : 0;
}

/* Inflating */

/* Of the message: what RFC 7692 leaves out at its end, and behind it an empty block that is the last. */
#define TAIL 6

/* s->block. Of a header, which says it, these are the two bits. */
enum { STORED, FIXED, DYNAMIC, HEADER };

enum { END_OF_BLOCK = 256, FIRST_LENGTH = 257, LAST_LENGTH = 285, LAST_DISTANCE = 29, BAD_SYMBOL = 0xFFFF };

INLINE uint32_t next_byte(ws_inflate_t *s) {
    uint32_t pos = s->pos++;
    if (pos < s->len) {
        return s->data[pos];
    }
    pos -= s->len;
    return pos == 2 || pos == 3 ? 0xFF : pos == 4 ? 3 : 0;
}

/* Have as many bits at hand as there are: 25 or more, if the end is not near. */
static void fill(ws_inflate_t *s) {
    uint32_t bits = s->bits, n = s->n;
    if (s->pos + 4 <= s->len) {
        const uint8_t *p = s->data + s->pos;
        for (; n <= 24; n += 8) {
            bits |= (uint32_t)*p++ << n;
        }
        s->pos = (uint32_t)(p - s->data);
    }
    for (; n <= 24 && s->pos < s->len + TAIL; n += 8) {
        bits |= next_byte(s) << n;
    }
    s->bits = bits;
    s->n = n;
}

/* Bits, 16 at most; -1 if there are not as many. */
static int32_t take(ws_inflate_t *s, uint32_t n) {
    if (s->n < n) {
        fill(s);
        if (s->n < n) {
            return -1;
        }
    }
    uint32_t bits = s->bits & ((1u << n) - 1);
    s->bits >>= n;
    s->n -= n;
    return (int32_t)bits;
}

/* A symbol of a block's own codes. Codes of n bits are the numbers behind those of n - 1 bits, doubled. */
static uint32_t decode(ws_inflate_t *s, const uint16_t *lengths, const uint16_t *symbols) {
    if (s->n < 15) {
        fill(s);
    }
    uint32_t bits = s->bits, code = 0;
    for (uint32_t n = 1; n < 16 && n <= s->n; n++) {
        code = code << 1 | (bits & 1);
        bits >>= 1;
        uint32_t count = lengths[n];
        if (code < count) {
            s->bits = bits;
            s->n -= n;
            return symbols[code];
        }
        code -= count;
        symbols += count;
    }
    return BAD_SYMBOL;
}

/* A literal or length of those codes. */
static uint32_t decode_literal(ws_inflate_t *s) {
    if (s->n < 15) {
        fill(s);
    }
    uint32_t entry = s->fast[s->bits & ((1 << WS_INFLATE_FAST) - 1)], n = entry & 15;
    if (!entry || n > s->n) {
        return decode(s, s->lengths, s->symbols);
    }
    s->bits >>= n;
    s->n -= n;
    return entry >> 4;
}

/* Have the table for that: the first bits of a code are the index's lowest. */
static void make_fast(ws_inflate_t *s) {
    const uint16_t *symbol = s->symbols;
    uint32_t code = 0;
    for (uint32_t i = 0; i < 1 << WS_INFLATE_FAST; i++) {
        s->fast[i] = 0;
    }
    for (uint32_t n = 1; n <= WS_INFLATE_FAST; n++) {
        code <<= 1;
        for (uint32_t left = s->lengths[n]; left; left--) {
            uint32_t i = reversed(nibbles, code++ << (8 - n));
            for (; i < 1 << WS_INFLATE_FAST; i += 1u << n) {
                s->fast[i] = (uint16_t)((uint32_t)*symbol << 4 | n);
            }
            symbol++;
        }
    }
}

/* A literal or length of the fixed codes: of 7, 8 or 9 bits. */
static uint32_t decode_fixed(ws_inflate_t *s) {
    if (s->n < 9) {
        fill(s);
    }
    uint32_t code = reversed(nibbles, s->bits & 0xFF), n = 8, symbol;
    if (code < 0x30) {
        n = 7;
        symbol = END_OF_BLOCK + (code >> 1);
    } else if (code < 0xC0) {
        symbol = code - 0x30;
    } else if (code < 0xC8) {
        symbol = 280 - 0xC0 + code;
    } else {
        n = 9;
        symbol = (code << 1 | (s->bits >> 8 & 1)) - 0x190 + 144;
    }
    if (n > s->n) {
        return BAD_SYMBOL;
    }
    s->bits >>= n;
    s->n -= n;
    return symbol;
}

/* Make codes of what length each symbol's has, 0 for none: false if these do not make a code. One that lacks
 * some is none either, unless it is a single code of one bit. */
static int make_codes(const uint8_t *sizes, uint32_t count, uint16_t *lengths, uint16_t *symbols) {
    uint16_t next[16];
    for (uint32_t n = 0; n < 16; n++) {
        lengths[n] = 0;
    }
    for (uint32_t i = 0; i < count; i++) {
        lengths[sizes[i]]++;
    }
    lengths[0] = 0;
    int32_t left = 1;
    uint32_t used = 0;
    for (uint32_t n = 1; n < 16; n++) {
        next[n] = (uint16_t)used;
        used += lengths[n];
        left = 2 * left - lengths[n];
        if (left < 0) {
            return 0;
        }
    }
    for (uint32_t i = 0; i < count; i++) {
        if (sizes[i]) {
            symbols[next[sizes[i]]++] = (uint16_t)i;
        }
    }
    return !left || !used || (used == 1 && lengths[1] == 1);
}

/* The sizes of `count` codes, as a block has them: 0 to 15, or a repetition. */
static int read_sizes(ws_inflate_t *s, uint8_t *sizes, uint32_t count) {
    for (uint32_t i = 0; i < count;) {
        uint32_t symbol = decode(s, s->lengths, s->symbols);
        if (symbol < 16) {
            sizes[i++] = (uint8_t)symbol;
            continue;
        }
        if (symbol > 18 || (symbol == 16 && !i)) {
            return 0;
        }
        int32_t times = take(s, symbol == 16 ? 2 : symbol == 17 ? 3 : 7);
        uint8_t size = symbol == 16 ? sizes[i - 1] : 0;
        times += symbol == 18 ? 11 : 3;
        if (times < 3 || (uint32_t)times > count - i) {
            return 0;
        }
        for (; times; times--) {
            sizes[i++] = size;
        }
    }
    return 1;
}

/* A block's own codes (RFC 1951, 3.2.7). */
static int read_codes(ws_inflate_t *s) {
    uint8_t sizes[288 + 32];
    int32_t counts = take(s, 14);
    uint32_t literals = 257 + ((uint32_t)counts & 31), distances = 1 + ((uint32_t)counts >> 5 & 31);
    uint32_t present = 4 + ((uint32_t)counts >> 10);
    if (counts < 0 || literals > LAST_LENGTH + 1 || distances > LAST_DISTANCE + 1) {
        return 0;
    }
    for (uint32_t i = 0; i < 19; i++) {
        sizes[i] = 0;
    }
    for (uint32_t i = 0; i < present; i++) {
        /* 16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15 */
        uint32_t symbol = i < 3 ? 16 + i : i == 3 ? 0 : i & 1 ? 8 - (i - 3) / 2 : 8 + (i - 4) / 2;
        int32_t size = take(s, 3);
        if (size < 0) {
            return 0;
        }
        sizes[symbol] = (uint8_t)size;
    }
    uint32_t incomplete = 0;
    for (uint32_t i = 0; i < 19; i++) {
        incomplete += sizes[i] ? 0x80u >> sizes[i] : 0;
    }
    int made = incomplete == 0x80
        && make_codes(sizes, 19, s->lengths, s->symbols)
        && read_sizes(s, sizes, literals + distances)
        && sizes[END_OF_BLOCK]
        && make_codes(sizes + literals, distances, s->distance_lengths, s->distance_symbols)
        && make_codes(sizes, literals, s->lengths, s->symbols);
    if (made) {
        make_fast(s);
    }
    return made;
}

/* Give the bytes back that were read in advance, up to the next one that none of the bits is of. */
static void align(ws_inflate_t *s) {
    s->pos -= s->n >> 3;
    s->bits = s->n = 0;
}

/* A block begins. False: it is none. */
static int begin_block(ws_inflate_t *s) {
    int32_t header = take(s, 3);
    if (header < 0) {
        return 0;
    }
    s->final = header & 1;
    s->block = (uint8_t)(header >> 1);
    if (s->block == DYNAMIC) {
        return read_codes(s);
    }
    if (s->block == STORED) {
        align(s);
        if (s->len + TAIL - s->pos < 4) {
            return 0;
        }
        uint32_t size = next_byte(s);
        size |= next_byte(s) << 8;
        uint32_t inverse = next_byte(s);
        inverse |= next_byte(s) << 8;
        s->left = size;
        return (size ^ inverse) == 0xFFFF && size <= s->len + TAIL - s->pos;
    }
    return s->block != HEADER;
}

/* The next symbol of a block, and what it stands for. False: it is not as it should be. */
static int next_symbol(ws_inflate_t *s, uint8_t *out, uint32_t mask) {
    uint32_t symbol = s->block == FIXED ? decode_fixed(s) : decode_literal(s);
    if (symbol < END_OF_BLOCK) {
        if (out) {
            out[s->out & mask] = (uint8_t)symbol;
        }
        s->out++;
        return 1;
    }
    if (symbol == END_OF_BLOCK) {
        s->block = HEADER;
        return 1;
    }
    symbol -= FIRST_LENGTH;
    if (symbol > LAST_LENGTH - FIRST_LENGTH) {
        return 0;
    }
    uint32_t n = symbol < 8 || symbol == LAST_LENGTH - FIRST_LENGTH ? 0 : (symbol >> 2) - 1;
    uint32_t length = symbol < 8 ? symbol : n ? (4 + (symbol & 3)) << n : LONGEST - SHORTEST;
    int32_t extra = n ? take(s, n) : 0;
    uint32_t code;
    if (s->block == FIXED) {
        int32_t bits = take(s, 5);
        code = bits < 0 ? BAD_SYMBOL : reversed(nibbles, (uint32_t)bits) >> 3;
    } else {
        code = decode(s, s->distance_lengths, s->distance_symbols);
    }
    if (extra < 0 || code > LAST_DISTANCE) {
        return 0;
    }
    s->left = SHORTEST + length + (uint32_t)extra;
    n = code < 4 ? 0 : (code >> 1) - 1;
    extra = n ? take(s, n) : 0;
    s->distance = 1 + (n ? (2 + (code & 1)) << n : code) + (uint32_t)extra;
    return extra >= 0 && s->distance <= s->window && s->distance <= s->out - s->begin;
}

/* Bytes of a repetition: those in out[(from, from + 1...) & mask] go to where the message ends. */
static void repeat(uint8_t *out, uint32_t mask, uint32_t from, uint32_t to, uint32_t n) {
    while (n) {
        from &= mask;
        to &= mask;
        uint32_t most = mask + 1 - (from < to ? to : from), run = n < most ? n : most;
        const uint8_t *source = out + from, *end = source + run;
        uint8_t *target = out + to;
        while (source < end) {
            *target++ = *source++;
        }
        from += run;
        to += run;
        n -= run;
    }
}

/* Bytes of a repetition or a stored block. */
static void copy(ws_inflate_t *s, uint8_t *out, uint32_t mask, uint32_t n) {
    uint32_t to = s->out;
    s->out += n;
    s->left -= n;
    if (!out) {
        s->pos += s->block == STORED ? n : 0;
    } else if (s->block != STORED) {
        repeat(out, mask, to - s->distance, to, n);
    } else {
        for (; n; n--) {
            out[to++ & mask] = (uint8_t)next_byte(s);
        }
    }
}

/* A block marked as the last has ended: the message has too, or another stream begins. */
static int end_stream(ws_inflate_t *s) {
    align(s);
    if (s->pos == s->len + TAIL) {
        return WS_INFLATE_END;
    }
    s->final = 0;
    s->begin = s->out;
    return ++s->streams < WS_INFLATE_STREAMS ? WS_INFLATE_MORE : WS_INFLATE_STREAMED;
}

void ws_inflate_begin(ws_inflate_t *s, const uint8_t *data, uint32_t len, uint32_t window) {
    s->data = data;
    s->len = len;
    s->window = window;
    s->pos = s->bits = s->n = s->out = s->begin = s->left = s->distance = 0;
    s->block = HEADER;
    s->final = s->streams = s->result = 0;
}

int ws_inflate(ws_inflate_t *s, uint8_t *out, uint32_t mask, uint32_t end) {
    while (!s->result && s->out < end) {
        if (s->left) {
            copy(s, out, mask, s->left < end - s->out ? s->left : end - s->out);
        } else if (s->block == STORED) {
            s->block = HEADER;
        } else if (s->block != HEADER) {
            do {
                s->result = next_symbol(s, out, mask) ? WS_INFLATE_MORE : WS_INFLATE_BAD;
            } while (!s->result && !s->left && s->block != HEADER && s->out < end);
        } else if (s->final) {
            s->result = (uint8_t)end_stream(s);
        } else if (!begin_block(s)) {
            s->result = WS_INFLATE_BAD;
        }
    }
    return s->result;
}
