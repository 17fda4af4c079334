// What the qemu port leaves out: the time, input that can be polled, output that is not lost, and
// the floating-point unit. The linker puts __wrap_f in the place of f (see micropython.mk).

#include "py/mphal.h"
#include "py/runtime.h"
#include "py/stream.h"
#include "uart.h"

// Time, from QEMU's semihosting: nanoseconds since the machine was started.

#define SYS_ELAPSED (0x30)

static uint64_t elapsed_ns(void) {
    uint64_t ns;
    #if defined(__riscv)
    register uintptr_t operation __asm__ ("a0") = SYS_ELAPSED;
    register uint64_t *argument __asm__ ("a1") = &ns;
    // The alignment keeps the three instructions in one page, as they must be.
    __asm volatile (
        ".option push; .option norvc; .balign 16;"
        "slli zero, zero, 0x1f; ebreak; srai zero, zero, 7;"
        ".option pop"
        : "+r" (operation) : "r" (argument) : "memory");
    #else
    register uintptr_t operation __asm__ ("r0") = SYS_ELAPSED;
    register uint64_t *argument __asm__ ("r1") = &ns;
    __asm volatile ("bkpt 0xab" : "+r" (operation) : "r" (argument) : "memory");
    #endif
    return ns;
}

// The low word of n / divisor, which has 16 bits at most. With a division of 64 bits, libgcc brings
// unwind tables that the port's linker scripts have no place for.
static mp_uint_t quotient(uint64_t n, uint32_t divisor) {
    uint32_t result = 0, remainder = 0;
    for (int shift = 48; shift >= 0; shift -= 16) {
        remainder = remainder << 16 | (n >> shift & 0xffff);
        result = result << 16 | remainder / divisor;
        remainder %= divisor;
    }
    return result;
}

mp_uint_t __wrap_mp_hal_ticks_ms(void) {
    return quotient(elapsed_ns() >> 6, 1000000 >> 6);
}

mp_uint_t __wrap_mp_hal_ticks_us(void) {
    return quotient(elapsed_ns(), 1000);
}

mp_uint_t __wrap_mp_hal_ticks_cpu(void) {
    return elapsed_ns();
}

void __wrap_mp_hal_delay_us(mp_uint_t us) {
    mp_uint_t start = mp_hal_ticks_us();
    while (mp_hal_ticks_us() - start < us) {
        mp_event_handle_nowait();
    }
}

void __wrap_mp_hal_delay_ms(mp_uint_t ms) {
    mp_uint_t start = mp_hal_ticks_ms();
    while (mp_hal_ticks_ms() - start < ms) {
        mp_event_handle_nowait();
    }
}

// Input: polling takes a character out of the UART, and keeps it for the next read.

int __real_uart_rx_chr(void);

static int polled = UART_RX_NO_CHAR;

int __wrap_uart_rx_chr(void) {
    int c = polled;
    polled = UART_RX_NO_CHAR;
    return c == UART_RX_NO_CHAR ? __real_uart_rx_chr() : c;
}

uintptr_t __wrap_mp_hal_stdio_poll(uintptr_t poll_flags) {
    if (polled == UART_RX_NO_CHAR) {
        polled = __real_uart_rx_chr();
    }
    uintptr_t ready = polled == UART_RX_NO_CHAR ? MP_STREAM_POLL_WR : MP_STREAM_POLL_RD | MP_STREAM_POLL_WR;
    return poll_flags & ready;
}

// Output: the port does not wait for the nRF51's UART.

void __real_uart_tx_strn(const char *buf, size_t len);

void __wrap_uart_tx_strn(const char *buf, size_t len) {
    #if defined(QEMU_SOC_NRF51)
    volatile uint32_t *const txdrdy = (uint32_t *)0x4000211c;
    for (size_t i = 0; i < len; ++i) {
        *txdrdy = 0;
        __real_uart_tx_strn(buf + i, 1);
        while (!*txdrdy) {
        }
    }
    #else
    __real_uart_tx_strn(buf, len);
    #endif
}

// This comes before the first floating-point instruction.

void __real_uart_init(void);

void __wrap_uart_init(void) {
    #if defined(__ARM_FP)
    volatile uint32_t *const cpacr = (uint32_t *)0xe000ed88;
    *cpacr |= 0xf << 20; // full access to coprocessors 10 and 11
    __asm volatile ("dsb; isb");
    #endif
    __real_uart_init();
}

// A fault: the port prints the registers and ends QEMU, with what the serial port has yet to send.

void __real_exit(int status);

void __wrap_exit(int status) {
    if (status == 0) {
        __real_exit(0);
    }
    for (;;) {
    }
}
