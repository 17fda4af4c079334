/* MicroPython as the firmware of an ESP32 or ESP8266 has it, as far as it needs no device. */
#include <alloca.h>
#include <stdint.h>
#include <sys/types.h>

typedef intptr_t mp_int_t;
typedef uintptr_t mp_uint_t;
typedef long mp_off_t;
#define MP_SSIZE_MAX (0x7fffffff)
#define MP_STATE_PORT MP_STATE_VM

#define MICROPY_CONFIG_ROM_LEVEL (MICROPY_CONFIG_ROM_LEVEL_EXTRA_FEATURES)
#define MICROPY_ENABLE_GC (1)
#define MICROPY_ENABLE_EMERGENCY_EXCEPTION_BUF (1)
#define MICROPY_LONGINT_IMPL (MICROPY_LONGINT_IMPL_MPZ)
#define MICROPY_FLOAT_IMPL (MICROPY_FLOAT_IMPL_FLOAT)
#define MP_NEED_LOG2 (1)
#define MICROPY_STREAMS_POSIX_API (1)
#define MICROPY_ALLOC_PATH_MAX (512)

#if __XTENSA_WINDOWED_ABI__
#define MICROPY_PY_SYS_PLATFORM "esp32"
#define MICROPY_EMIT_XTENSAWIN (1)
#define MICROPY_NLR_SETJMP (1)
#else
#define MICROPY_PY_SYS_PLATFORM "esp8266"
#define MICROPY_EMIT_XTENSA (1)
#define MICROPY_OBJ_REPR (MICROPY_OBJ_REPR_C)
#endif
#define MICROPY_PORT_STACK (16 * 1024) // MICROPY_TASK_STACK_SIZE of the ESP32

/* As on the boards, native code does not stay in the heap. */
void *native_code_commit(void *code, size_t size, void *reloc);
#define MP_PLAT_COMMIT_EXEC(code, size, reloc) native_code_commit(code, size, reloc)
#define MICROPY_PERSISTENT_CODE_LOAD (1)

/* Files are for import alone. Linux's error numbers are MicroPython's, not those of newlib. */
extern int errno;
#define MICROPY_USE_INTERNAL_ERRNO (1)
#define MICROPY_ENABLE_EXTERNAL_IMPORT (1)
#define MICROPY_READER_POSIX (1)
#define MICROPY_PY_SYS_PATH_ARGV_DEFAULTS (0)

/* No keyboard, nothing that comes from outside while Python sleeps. */
#define MICROPY_HELPER_REPL (0)
#define MICROPY_KBD_EXCEPTION (0)
#define MICROPY_PY_BUILTINS_INPUT (0)
#define MICROPY_INTERNAL_WFE(timeout_ms) mp_hal_delay_ms(1)

uint32_t random_seed(void);
#define MICROPY_PY_RANDOM_SEED_INIT_FUNC (random_seed())
#define MICROPY_PY_OS_INCLUDEFILE "os_urandom.h"
#define MICROPY_PY_OS_URANDOM (1)
#define MICROPY_PY_TIME_TIME_TIME_NS (1)
#define MICROPY_PY_TIME_GMTIME_LOCALTIME_MKTIME (1)
#define MICROPY_PY_TIME_INCLUDEFILE "ports/esp32/modtime.c"
#define MICROPY_EPOCH_IS_1970 (1)
#define MICROPY_PY_HASHLIB_SHA1 (1)
#define MICROPY_SSL_AXTLS (1)
