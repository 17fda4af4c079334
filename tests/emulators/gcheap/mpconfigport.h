/* MicroPython's unix port, but with native code on the heap of the garbage collector, as it is on an RP2040,
 * an STM32 or a SAMD: py/mpconfig.h does that wherever a port names no memory of its own for it. */
#include <stdint.h>
#include <sys/mman.h>

#include "ports/unix/mpconfigport.h"

#undef MP_PLAT_ALLOC_EXEC
#undef MP_PLAT_FREE_EXEC

static inline void make_executable(void *start, void *end) {
    uintptr_t page = (uintptr_t)start & ~(uintptr_t)0xfff;
    mprotect((void *)page, (uintptr_t)end - page, PROT_READ | PROT_WRITE | PROT_EXEC);
}

/* py/runtime.c calls it once there is a heap. */
#define MICROPY_PORT_INIT_FUNC make_executable(MP_STATE_MEM(area).gc_alloc_table_start, MP_STATE_MEM(area).gc_pool_end)

/* The SHA-1 of tests/emulators/xtensa, in place of a library for TLS. */
#define MICROPY_SSL_AXTLS (1)
#define MICROPY_PY_HASHLIB_SHA1 (1)
