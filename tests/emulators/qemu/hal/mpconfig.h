// The qemu port's configuration, with what mpremote's "mount" and asyncio need.

#include "mpconfigport.h"

#undef MICROPY_KBD_EXCEPTION
#undef MICROPY_PY_ASYNCIO
#undef MICROPY_PY_IO_IOBASE
#undef MICROPY_PY_OS_INCLUDEFILE
#undef MICROPY_PY_OS_URANDOM
#undef MICROPY_PY_SELECT
#undef MICROPY_PY_SYS_STDIO_BUFFER
#undef MICROPY_PY_TIME

#define MICROPY_KBD_EXCEPTION       (1) // micropython.kbd_intr()
#define MICROPY_PY_ASYNCIO          (1)
#define MICROPY_PY_IO_IOBASE        (1)
#define MICROPY_PY_OS_INCLUDEFILE   "os_urandom.h"
#define MICROPY_PY_OS_URANDOM       (1)
#define MICROPY_PY_SELECT           (1)
#define MICROPY_PY_SYS_STDIO_BUFFER (1)
#define MICROPY_PY_TIME             (1)

#if defined(__ARM_ARCH_6M__)
// The port loads no native code on this core, though MicroPython can.
#undef MICROPY_EMIT_THUMB
#undef MICROPY_EMIT_THUMB_ARMV7M
#undef MICROPY_EMIT_INLINE_THUMB
#define MICROPY_EMIT_THUMB          (1)
#define MICROPY_EMIT_THUMB_ARMV7M   (0)
#define MICROPY_EMIT_INLINE_THUMB   (0)
#endif
