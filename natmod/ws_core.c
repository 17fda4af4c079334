#include "ws_core.h"

/* A machine word that may overlay the caller's bytes. */
#if defined(__GNUC__)
typedef uintptr_t __attribute__((__may_alias__)) word_t;
#else
typedef uintptr_t word_t;
#endif

#define WORD sizeof(word_t)
#define HIGH_BITS ((word_t)-1 / 255 * 0x80) /* 0x80 in every byte; folded by the compiler */

static int is_aligned(const uint8_t *p) {
    return ((uintptr_t)p & (WORD - 1)) == 0;
}

int ws_parse_header(const uint8_t *buf, size_t len, ws_header_t *header) {
    if (len < 2) {
        return 0;
    }
    unsigned masked = buf[1] >> 7;
    uint32_t length = buf[1] & 0x7f;
    size_t size = 2;
    if (length >= 126) {
        size = length == 126 ? 4 : 10;
        length = 0;
    }
    if (len < size + masked * 4) {
        return 0;
    }
    for (size_t i = 2; i < size; i++) {
        if (length > WS_LENGTH_MAX >> 8) {
            return -1;
        }
        length = length << 8 | buf[i];
    }
    header->first = buf[0];
    header->masked = (uint8_t)masked;
    header->length = length;
    for (size_t i = 0; i < 4; i++) {
        header->key[i] = masked ? buf[size + i] : 0;
    }
    return (int)(size + masked * 4);
}

/* XOR the words from `words` to `end`, which is a multiple of eight away, with the mask. No hardware
 * loop is needed on Xtensa (the ESP32-S2 has none): unrolled, the turn of the loop costs little. */
static inline void xor_words(word_t *words, word_t *end, word_t mask) {
    while (words != end) {
        #if defined(__GNUC__) && defined(__thumb__)
        /* gcc makes single loads and stores of it, of two cycles each on a Cortex-M0. */
        #define XOR_4_WORDS "ldmia %0!, {r3, r4, r5, r6}\n" \
            "eors r3, %1\n eors r4, %1\n eors r5, %1\n eors r6, %1\n" \
            "subs %0, #16\n stmia %0!, {r3, r4, r5, r6}\n"
        __asm__ volatile (".syntax unified\n 1:" XOR_4_WORDS XOR_4_WORDS "cmp %0, %2\n bne 1b\n"
            : "+l" (words) : "l" (mask), "l" (end) : "r3", "r4", "r5", "r6", "cc", "memory");
        #else
        words[0] ^= mask;
        words[1] ^= mask;
        words[2] ^= mask;
        words[3] ^= mask;
        words[4] ^= mask;
        words[5] ^= mask;
        words[6] ^= mask;
        words[7] ^= mask;
        words += 8;
        #endif
    }
}

void ws_unmask(uint8_t *buf, size_t len, const uint8_t key[4], size_t phase) {
    uint8_t *end = buf + len;
    uint8_t *stop = buf + (-(uintptr_t)buf & (WORD - 1)); /* where the words begin */
    if (stop > end) {
        stop = end;
    }
    for (;;) {
        while (buf != stop) {
            *buf++ ^= key[phase++ & 3];
        }
        if (buf == end) {
            return;
        }
        word_t mask = 0;
        for (size_t i = 0; i < WORD; i++) {
            #if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
            mask = mask << 8 | key[(phase + i) & 3];
            #else
            mask = mask << 8 | key[(phase + WORD - 1 - i) & 3];
            #endif
        }
        word_t *words = (word_t *)(void *)buf;
        word_t *words_end = words + (size_t)(end - buf) / WORD;
        while ((size_t)(words_end - words) & 7) {
            *words++ ^= mask;
        }
        xor_words(words, words_end, mask);
        /* A word is a whole number of mask periods: phase still fits for the bytes that are left. */
        buf = (uint8_t *)words_end;
        stop = end;
    }
}

/* The states: how many continuation bytes are to come, and for the four lead bytes after which
 * the next byte has a narrower range than 80..BF (RFC 3629, section 4), a state of their own. */
enum { ACCEPT, TAIL1, TAIL2, TAIL3, AFTER_E0, AFTER_ED, AFTER_F0, AFTER_F4 };

/* The state after the first byte of a character. */
static int utf8_lead(uint32_t b) {
    if (b < 0x80) {
        return ACCEPT;
    }
    if (b < 0xc2 || b > 0xf4) {
        return WS_UTF8_REJECT;
    }
    if (b < 0xe0) {
        return TAIL1;
    }
    if (b < 0xf0) {
        return b == 0xe0 ? AFTER_E0 : b == 0xed ? AFTER_ED : TAIL2;
    }
    return b == 0xf0 ? AFTER_F0 : b == 0xf4 ? AFTER_F4 : TAIL3;
}

/* The state after a byte inside a character. */
static int utf8_tail(uint32_t b, int state) {
    if ((b & 0xc0) != 0x80) {
        return WS_UTF8_REJECT;
    }
    if (state < AFTER_E0) {
        return state - 1;
    }
    /* Narrower: bit 5 of the byte must be set after E0 and clear after ED, one of bits 4 and 5 after F0
     * and none after F4. TAIL1 follows the first two, TAIL2 the others. */
    int half = state >> 1;
    if (((b >> 4 & (uint32_t)half) != 0) == (state & 1)) {
        return WS_UTF8_REJECT;
    }
    return half - 1;
}

int ws_utf8(const uint8_t *buf, size_t len, int state) {
    const uint8_t *end = buf + len;
    while (buf < end && state != WS_UTF8_REJECT) {
        if (state != ACCEPT) {
            state = utf8_tail(*buf++, state);
            continue;
        }
        /* Between characters: pass over ASCII a word at a time. */
        if (is_aligned(buf)) {
            const word_t *words = (const word_t *)(const void *)buf;
            const word_t *stop = words + (size_t)(end - buf) / WORD;
            while (words != stop && !(*words & HIGH_BITS)) {
                words++;
            }
            buf = (const uint8_t *)words;
            if (buf == end) {
                break;
            }
        }
        state = utf8_lead(*buf++);
    }
    return state;
}
