/* What both modules for MicroPython, _wscodec and _wsdeflate, need of it. Each includes this once. */
#ifndef MOD_GLUE_H
#define MOD_GLUE_H

#if MICROPY_ENABLE_DYNRUNTIME
#include "py/dynruntime.h"
/* What it lacks: */
#define mp_type_MemoryError (*(mp_obj_type_t *)mp_load_global(MP_QSTR_MemoryError))
#else
#include "py/runtime.h"
#endif
#include "py/objstr.h"

#define INT(n) MP_OBJ_NEW_SMALL_INT(n)
#define NOINLINE __attribute__((noinline))

/* realloc() and free(), for which some firmware wants to know the old size. NULL: there is no memory. */
static NOINLINE void *resize(void *old, size_t old_size, size_t size) {
    #if MICROPY_MALLOC_USES_ALLOCATED_SIZE
    return m_realloc_maybe(old, old_size, size, true);
    #else
    (void)old_size;
    return m_realloc_maybe(old, size, true);
    #endif
}

/* MemoryError. */
static NOINLINE void *alloc(size_t n) {
    void *memory = resize(NULL, 0, n);
    if (!memory) {
        mp_raise_msg(&mp_type_MemoryError, NULL);
    }
    return memory;
}

#endif
