/* The part of libgcc that MicroPython needs. The toolchain's own is of the call0 ABI, and leaves to
 * the ESP8266's ROM what is here. Names and types: GCC internals, "The GCC low-level runtime
 * library"; floats are passed as the words that they are (IEEE 754, rounded to nearest even).
 */
#include <stdint.h>

static int clz32(uint32_t n) {
    return __builtin_clz(n);
}

static int clz64(uint64_t n) {
    return n >> 32 ? clz32(n >> 32) : (uint32_t)n ? 32 + clz32(n) : 64;
}

/* Integers: shift and subtract, one turn for each bit of the quotient. */

#define DIVIDE(divide, word_t, clz) \
    static word_t divide(word_t n, word_t d, word_t *rest) { \
        word_t q = 0; \
        if (n >= d) { \
            int shift = clz(d) - clz(n); \
            d <<= shift; \
            do { \
                q <<= 1; \
                if (n >= d) { \
                    n -= d; \
                    q |= 1; \
                } \
                d >>= 1; \
            } while (shift--); \
        } \
        *rest = n; \
        return q; \
    }
DIVIDE(divide32, uint32_t, clz32)
DIVIDE(divide64, uint64_t, clz64)

uint32_t __udivsi3(uint32_t n, uint32_t d) {
    return divide32(n, d, &n);
}

uint32_t __umodsi3(uint32_t n, uint32_t d) {
    divide32(n, d, &n);
    return n;
}

static uint32_t magnitude(int32_t i) {
    return i < 0 ? -(uint32_t)i : (uint32_t)i;
}

int32_t __divsi3(int32_t n, int32_t d) {
    uint32_t q = __udivsi3(magnitude(n), magnitude(d));
    return (n ^ d) < 0 ? -q : q;
}

int32_t __modsi3(int32_t n, int32_t d) {
    uint32_t rest = __umodsi3(magnitude(n), magnitude(d));
    return n < 0 ? -rest : rest;
}

uint64_t __udivdi3(uint64_t n, uint64_t d) {
    return divide64(n, d, &n);
}

uint64_t __umoddi3(uint64_t n, uint64_t d) {
    divide64(n, d, &n);
    return n;
}

uint64_t __muldi3(uint64_t x, uint64_t y) {
    uint32_t a = x, b = y;
    uint32_t high = a * (uint32_t)(y >> 32) + b * (uint32_t)(x >> 32);
    uint32_t middle = (a >> 16) * (b & 0xffff) + ((a & 0xffff) * (b & 0xffff) >> 16);
    uint32_t middle2 = (a & 0xffff) * (b >> 16) + (middle & 0xffff);
    high += (a >> 16) * (b >> 16) + (middle >> 16) + (middle2 >> 16);
    return (uint64_t)high << 32 | a * b;
}

/* Floats. */

#define SIGN 0x80000000u
#define INFINITE 0x7f800000u
#define NOT_A_NUMBER 0x7fc00000u

static int is_nan(uint32_t f) {
    return (f & ~SIGN) > INFINITE;
}

static int is_finite(uint32_t f) {
    return (f & INFINITE) != INFINITE;
}

/* A finite float is its mantissa * 2^exponent. */
static uint32_t mantissa(uint32_t f) {
    return (f & 0x7fffff) | (f & INFINITE ? 0x800000 : 0);
}

static int exponent(uint32_t f) {
    int biased = f >> 23 & 255;
    return (biased ? biased : 1) - 150;
}

/* The float nearest to m * 2^e. */
static uint32_t pack(uint32_t sign, int e, uint64_t m) {
    if (m == 0) {
        return sign;
    }
    /* 24 bits, a rounding bit, and one that stands for all bits below; fewer if it is subnormal. */
    int shift = 64 - clz64(m) - 26;
    if (e + shift < -151) {
        shift = -151 - e;
    }
    if (shift > 63) {
        return sign;
    }
    if (shift > 0) {
        m = m >> shift | ((m & ((1ull << shift) - 1)) != 0);
    } else {
        m <<= -shift;
    }
    e += shift + 151;
    uint32_t bits = m;
    uint32_t f = ((uint32_t)e << 23) + (bits >> 2) + ((bits & 3) + (bits >> 2 & 1) > 2);
    return sign | (e < 254 && f < INFINITE ? f : INFINITE);
}

uint32_t __addsf3(uint32_t a, uint32_t b) {
    if (!is_finite(a) || !is_finite(b)) {
        return is_nan(a) ? a : is_nan(b) ? b : is_finite(b) ? a : is_finite(a) || a == b ? b : NOT_A_NUMBER;
    }
    if (exponent(a) < exponent(b)) {
        uint32_t swap = a;
        a = b;
        b = swap;
    }
    uint32_t small = mantissa(b);
    int shift = exponent(a) - exponent(b);
    if (shift > 36) { /* too far below to count, but for rounding */
        shift = 36;
        small = small != 0;
    }
    int64_t sum = (int64_t)((uint64_t)mantissa(a) << shift);
    sum = (a & SIGN ? -sum : sum) + (b & SIGN ? -(int64_t)small : (int64_t)small);
    if (sum == 0) {
        return a & b & SIGN;
    }
    return pack(sum < 0 ? SIGN : 0, exponent(a) - shift, sum < 0 ? -sum : sum);
}

uint32_t __subsf3(uint32_t a, uint32_t b) {
    return __addsf3(a, is_nan(b) ? b : b ^ SIGN);
}

uint32_t __mulsf3(uint32_t a, uint32_t b) {
    uint32_t sign = (a ^ b) & SIGN;
    if (!is_finite(a) || !is_finite(b)) {
        return is_nan(a) ? a : is_nan(b) ? b : a << 1 && b << 1 ? sign | INFINITE : NOT_A_NUMBER;
    }
    return pack(sign, exponent(a) + exponent(b), (uint64_t)mantissa(a) * mantissa(b));
}

uint32_t __divsf3(uint32_t a, uint32_t b) {
    uint32_t sign = (a ^ b) & SIGN;
    if (is_nan(a) || is_nan(b)) {
        return is_nan(a) ? a : b;
    }
    if (!is_finite(a) || !(b << 1)) {
        return is_finite(a) == is_finite(b) && !(a << 1) == !(b << 1) ? NOT_A_NUMBER : sign | INFINITE;
    }
    if (!is_finite(b) || !(a << 1)) {
        return sign;
    }
    uint64_t n = mantissa(a), rest;
    int shift = clz64(n) - 1;
    uint64_t q = divide64(n << shift, mantissa(b), &rest);
    return pack(sign, exponent(a) - shift - exponent(b), q | (rest != 0));
}

static int compare(uint32_t a, uint32_t b, int unordered) {
    if (is_nan(a) || is_nan(b)) {
        return unordered;
    }
    int32_t x = a & SIGN ? -(int32_t)(a & ~SIGN) : (int32_t)a;
    int32_t y = b & SIGN ? -(int32_t)(b & ~SIGN) : (int32_t)b;
    return (x > y) - (x < y);
}

/* A NaN makes each comparison false but !=: it stands for "greater" in these, "less" in those below. */
int __lesf2(uint32_t a, uint32_t b) {
    return compare(a, b, 1);
}
int __ltsf2(uint32_t, uint32_t) __attribute__((alias("__lesf2")));
int __eqsf2(uint32_t, uint32_t) __attribute__((alias("__lesf2")));
int __nesf2(uint32_t, uint32_t) __attribute__((alias("__lesf2")));

int __gesf2(uint32_t a, uint32_t b) {
    return compare(a, b, -1);
}
int __gtsf2(uint32_t, uint32_t) __attribute__((alias("__gesf2")));

int __unordsf2(uint32_t a, uint32_t b) {
    return is_nan(a) || is_nan(b);
}

uint32_t __floatunsisf(uint32_t i) {
    return pack(0, 0, i);
}

uint32_t __floatsisf(int32_t i) {
    return pack(i & SIGN, 0, magnitude(i));
}

uint32_t __fixunssfsi(uint32_t f) {
    int e = exponent(f);
    return e > 8 ? 0xffffffffu : e >= 0 ? mantissa(f) << e : e > -24 ? mantissa(f) >> -e : 0;
}

int32_t __fixsfsi(uint32_t f) {
    uint32_t i = __fixunssfsi(f);
    if (i > INT32_MAX) {
        return f & SIGN ? INT32_MIN : INT32_MAX;
    }
    return f & SIGN ? -i : i;
}

/* Doubles, only to be passed on: struct.pack('d'), printf. */

/* m * 2^e, which a double holds exactly. */
static uint64_t pack_double(uint32_t sign, int e, uint32_t m) {
    uint64_t d = (uint64_t)sign << 32;
    if (m) {
        int shift = clz32(m) + 21;
        d += ((uint64_t)(e - shift + 1074) << 52) + ((uint64_t)m << shift);
    }
    return d;
}

uint64_t __floatsidf(int32_t i) {
    return pack_double(i & SIGN, 0, magnitude(i));
}

uint64_t __extendsfdf2(uint32_t f) {
    if (!is_finite(f)) {
        return (uint64_t)(f & SIGN) << 32 | 0x7ff0000000000000 | (uint64_t)(f & 0x7fffff) << 29;
    }
    return pack_double(f & SIGN, exponent(f), mantissa(f));
}

uint32_t __truncdfsf2(uint64_t d) {
    uint32_t sign = d >> 32 & SIGN;
    uint64_t m = d & 0xfffffffffffff;
    int biased = d >> 52 & 2047;
    if (biased == 2047) {
        return sign | (m ? NOT_A_NUMBER : INFINITE);
    }
    return pack(sign, biased ? biased - 1075 : -1074, biased ? m | 1ull << 52 : m);
}
