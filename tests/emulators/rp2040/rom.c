// The boot ROM's bit operations, flash functions and float conversions: see rom.S.
#include <stddef.h>
#include <stdint.h>

#define XIP_BASE 0x10000000

uint32_t clz32(uint32_t value) {
    return value ? (uint32_t)__builtin_clz(value) : 32;
}

uint32_t ctz32(uint32_t value) {
    return value ? (uint32_t)__builtin_ctz(value) : 32;
}

uint32_t popcount32(uint32_t value) {
    return (uint32_t)__builtin_popcount(value);
}

uint32_t reverse32(uint32_t value) {
    uint32_t reversed = 0;
    for (int i = 0; i < 32; i++, value >>= 1) {
        reversed = reversed << 1 | (value & 1);
    }
    return reversed;
}

// The emulator's flash is memory that can be written at any time.

void connect_internal_flash(void) {}
void flash_exit_xip(void) {}
void flash_flush_cache(void) {}
void flash_enter_cmd_xip(void) {}

void flash_range_erase(uint32_t offset, size_t size, uint32_t block_size, uint8_t block_command) {
    (void)block_size;
    (void)block_command;
    volatile uint32_t *flash = (volatile uint32_t *)(XIP_BASE + offset);
    for (; size; size -= 4) {
        *flash++ = 0xffffffff;
    }
}

// Programming only clears bits.
void flash_range_program(uint32_t offset, const uint8_t *data, size_t size) {
    volatile uint32_t *flash = (volatile uint32_t *)(XIP_BASE + offset);
    for (; size; size -= 4, data += 4) {
        *flash++ &= data[0] | data[1] << 8 | data[2] << 16 | (uint32_t)data[3] << 24;
    }
}

// To integers, what is out of range is clamped; signed ones are rounded down, unsigned ones to zero.

static uint64_t magnitude(uint32_t bits, uint32_t *fraction) {
    int shift = (int)(bits >> 23 & 0xff) - 150;
    uint64_t mantissa = (bits & 0x7fffff) | 0x800000;
    if (shift >= 0) {
        *fraction = 0;
        return mantissa << shift;
    }
    if (shift < -24) {
        *fraction = bits << 1;
        return 0;
    }
    *fraction = mantissa & ((1 << -shift) - 1);
    return mantissa >> -shift;
}

static uint32_t bits_of(float number) {
    union { float number; uint32_t bits; } value = { number };
    return value.bits;
}

static uint32_t exponent(uint32_t bits) {
    return bits >> 23 & 0xff;
}

int64_t float2int64(float number) {
    uint32_t bits = bits_of(number), fraction;
    int negative = bits >> 31;
    if (exponent(bits) >= 127 + 63) {
        return negative ? INT64_MIN : INT64_MAX;
    }
    int64_t integer = (int64_t)magnitude(bits, &fraction);
    return negative ? -integer - (fraction != 0) : integer;
}

uint64_t float2uint64(float number) {
    uint32_t bits = bits_of(number), fraction;
    if (bits >> 31) {
        return 0;
    }
    return exponent(bits) >= 127 + 64 ? UINT64_MAX : magnitude(bits, &fraction);
}

int32_t float2int(float number) {
    int64_t integer = float2int64(number);
    return integer < INT32_MIN ? INT32_MIN : integer > INT32_MAX ? INT32_MAX : (int32_t)integer;
}

uint32_t float2uint(float number) {
    uint64_t integer = float2uint64(number);
    return integer > UINT32_MAX ? UINT32_MAX : (uint32_t)integer;
}
