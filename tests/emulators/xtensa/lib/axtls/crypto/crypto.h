/* SHA-1 (FIPS 180-4) with axTLS's interface, behind which extmod/modhashlib.c looks for it: Debian's
 * source package of MicroPython comes without its TLS libraries. */
#include <stdint.h>
#include <string.h>

#define SHA1_SIZE 20

typedef struct {
    uint32_t hash[5];
    uint32_t size;
    uint8_t block[64];
} SHA1_CTX;

static inline void SHA1_Init(SHA1_CTX *ctx) {
    static const uint32_t initial[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
    memcpy(ctx->hash, initial, sizeof(initial));
    ctx->size = 0;
}

static inline uint32_t sha1_rotate(uint32_t x, int n) {
    return x << n | x >> (32 - n);
}

static inline void sha1_block(SHA1_CTX *ctx) {
    uint32_t w[80];
    for (int t = 0; t < 16; t++) {
        const uint8_t *b = ctx->block + 4 * t;
        w[t] = (uint32_t)b[0] << 24 | b[1] << 16 | b[2] << 8 | b[3];
    }
    for (int t = 16; t < 80; t++) {
        w[t] = sha1_rotate(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
    }
    uint32_t a = ctx->hash[0], b = ctx->hash[1], c = ctx->hash[2], d = ctx->hash[3], e = ctx->hash[4];
    for (int t = 0; t < 80; t++) {
        uint32_t f = t < 20 ? ((b & c) | (~b & d)) + 0x5a827999
            : t < 40 ? (b ^ c ^ d) + 0x6ed9eba1
            : t < 60 ? ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc
            : (b ^ c ^ d) + 0xca62c1d6;
        uint32_t next = sha1_rotate(a, 5) + f + e + w[t];
        e = d, d = c, c = sha1_rotate(b, 30), b = a, a = next;
    }
    ctx->hash[0] += a, ctx->hash[1] += b, ctx->hash[2] += c, ctx->hash[3] += d, ctx->hash[4] += e;
}

static inline void SHA1_Update(SHA1_CTX *ctx, const uint8_t *data, int len) {
    while (len-- > 0) {
        ctx->block[ctx->size++ % 64] = *data++;
        if (ctx->size % 64 == 0) {
            sha1_block(ctx);
        }
    }
}

static inline void SHA1_Final(uint8_t *digest, SHA1_CTX *ctx) {
    uint64_t bits = (uint64_t)ctx->size * 8;
    SHA1_Update(ctx, (const uint8_t *)"\x80", 1);
    while (ctx->size % 64 != 56) {
        SHA1_Update(ctx, (const uint8_t *)"", 1);
    }
    for (int shift = 56; shift >= 0; shift -= 8) {
        uint8_t byte = bits >> shift;
        SHA1_Update(ctx, &byte, 1);
    }
    for (int i = 0; i < SHA1_SIZE; i++) {
        digest[i] = ctx->hash[i / 4] >> (24 - i % 4 * 8);
    }
}
