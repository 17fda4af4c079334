/* A MicroPython for Xtensa cores as a Linux program, which QEMU's user emulation runs:
 *     micropython.elf [-X heapsize=N[k|m]] SCRIPT [ARGUMENT...]
 *     micropython.elf [-X heapsize=N[k|m]] -c CODE [ARGUMENT...]
 * sys.path comes from MICROPYPATH, as on the unix port. There is no libc: Linux is called directly.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "py/builtin.h"
#include "py/compile.h"
#include "py/cstack.h"
#include "py/gc.h"
#include "py/mperrno.h"
#include "py/mphal.h"
#include "py/persistentcode.h"
#include "py/runtime.h"
#include "py/stream.h"

#define HEAP_MAX (64 << 20)
#define HEAP_DEFAULT (2 << 20)
#define EXEC_SIZE (128 << 10)

int errno;

/* System calls: arch/xtensa/kernel/syscalls/syscall.tbl in Linux. */

enum {
    SYS_OPEN = 8, SYS_CLOSE = 9, SYS_READ = 12, SYS_WRITE = 13, SYS_EXIT_GROUP = 119,
    SYS_NANOSLEEP = 195, SYS_CLOCK_GETTIME = 245, SYS_GETRANDOM = 338,
};

struct timespec32 {
    int32_t seconds;
    int32_t nanoseconds;
};

static long linux_call(long number, long a, long b, long c) {
    register long a2 __asm__("a2") = number;
    register long a6 __asm__("a6") = a;
    register long a3 __asm__("a3") = b;
    register long a4 __asm__("a4") = c;
    __asm__ volatile ("syscall" : "+r" (a2) : "r" (a6), "r" (a3), "r" (a4) : "memory");
    return a2;
}

static long result(long value) {
    if (value < 0) {
        errno = -value;
        return -1;
    }
    return value;
}

int open(const char *path, int flags, ...) {
    return result(linux_call(SYS_OPEN, (long)path, flags, 0));
}

int close(int fd) {
    return result(linux_call(SYS_CLOSE, fd, 0, 0));
}

ssize_t read(int fd, void *buf, size_t size) {
    return result(linux_call(SYS_READ, fd, (long)buf, size));
}

static _Noreturn void exit_with(int code) {
    for (;;) {
        linux_call(SYS_EXIT_GROUP, code, 0, 0);
    }
}

static _Noreturn void die(const char *what) {
    linux_call(SYS_WRITE, 2, (long)what, strlen(what));
    exit_with(2);
}

uint32_t random_seed(void) {
    uint32_t seed = 0;
    linux_call(SYS_GETRANDOM, (long)&seed, sizeof(seed), 0);
    return seed;
}

/* What py/mphal.h and shared/runtime/sys_stdio_mphal.c ask of a port. */

mp_uint_t mp_hal_stdout_tx_strn(const char *text, size_t size) {
    return linux_call(SYS_WRITE, 1, (long)text, size);
}

void mp_hal_stdout_tx_strn_cooked(const char *text, size_t size) {
    mp_hal_stdout_tx_strn(text, size);
}

int mp_hal_stdin_rx_chr(void) {
    char c = 4; // end of transmission
    read(0, &c, 1);
    return c;
}

uintptr_t mp_hal_stdio_poll(uintptr_t flags) {
    return flags & (MP_STREAM_POLL_RD | MP_STREAM_POLL_WR);
}

static uint64_t clock_ns(int clock) {
    struct timespec32 t;
    linux_call(SYS_CLOCK_GETTIME, clock, (long)&t, 0);
    return (uint64_t)(uint32_t)t.seconds * 1000000000u + (uint32_t)t.nanoseconds;
}

uint64_t mp_hal_time_ns(void) {
    return clock_ns(0); // CLOCK_REALTIME
}

mp_uint_t mp_hal_ticks_us(void) {
    return clock_ns(1) / 1000; // CLOCK_MONOTONIC
}

mp_uint_t mp_hal_ticks_ms(void) {
    return clock_ns(1) / 1000000;
}

void mp_hal_delay_us(mp_uint_t us) {
    struct timespec32 t = {us / 1000000, us % 1000000 * 1000};
    linux_call(SYS_NANOSLEEP, (long)&t, 0, 0);
}

void mp_hal_delay_ms(mp_uint_t ms) {
    struct timespec32 t = {ms / 1000, ms % 1000 * 1000000};
    linux_call(SYS_NANOSLEEP, (long)&t, 0, 0);
}

int gettimeofday(struct timeval *t, void *zone) {
    uint64_t us = mp_hal_time_ns() / 1000;
    t->tv_sec = us / 1000000;
    t->tv_usec = us % 1000000;
    return 0;
}

/* What the core of MicroPython asks of a port. */

uintptr_t gc_helper_get_regs_and_sp(uintptr_t *regs);

void gc_collect(void) {
    uintptr_t regs[8]; // scanned as a part of the stack
    gc_collect_start();
    uintptr_t *sp = (uintptr_t *)gc_helper_get_regs_and_sp(regs);
    gc_collect_root((void **)sp, (uintptr_t *)MP_STATE_THREAD(stack_top) - sp);
    gc_collect_end();
}

void *native_code_commit(void *code, size_t size, void *reloc) {
    static uint32_t exec_memory[EXEC_SIZE / 4];
    static uint32_t *next = exec_memory;
    uint32_t *place = next;
    size_t words = (size + 3) / 4;
    if (words > (size_t)(exec_memory + EXEC_SIZE / 4 - place)) {
        m_malloc_fail(size);
    }
    if (reloc) {
        mp_native_relocate(reloc, code, (uintptr_t)place);
    }
    next += words;
    return memcpy(place, code, size);
}

mp_import_stat_t mp_import_stat(const char *path) {
    int fd = open(path, O_RDONLY);
    if (fd < 0) {
        return MP_IMPORT_STAT_NO_EXIST;
    }
    char c;
    ssize_t n = read(fd, &c, 1);
    close(fd);
    return n < 0 && errno == MP_EISDIR ? MP_IMPORT_STAT_DIR : MP_IMPORT_STAT_FILE;
}

static mp_obj_t open_nothing(size_t n_args, const mp_obj_t *args, mp_map_t *kwargs) {
    mp_raise_OSError(MP_ENODEV); // as on a board without a file system
}
MP_DEFINE_CONST_FUN_OBJ_KW(mp_builtin_open_obj, 1, open_nothing);

void nlr_jump_fail(void *val) {
    die("micropython.elf: an exception that nothing catches\n");
}

void abort(void) {
    die("micropython.elf: abort\n");
}

/* The command line. */

static void append(mp_obj_t list, const char *text, size_t size) {
    mp_obj_list_append(list, mp_obj_new_str_via_qstr(text, size));
}

static void set_sys_path(char **envp) {
    const char *path = ".frozen";
    for (; *envp; envp++) {
        if (strncmp(*envp, "MICROPYPATH=", 12) == 0) {
            path = *envp + 12;
        }
    }
    mp_sys_path = mp_obj_new_list(0, NULL);
    append(mp_sys_path, "", 0);
    for (;;) {
        size_t size = strcspn(path, ":");
        append(mp_sys_path, path, size);
        if (path[size] == '\0') {
            return;
        }
        path += size + 1;
    }
}

static size_t heap_size(const char *option) {
    size_t size = 0;
    if (option && strncmp(option, "heapsize=", 9) == 0) {
        for (option += 9; *option >= '0' && *option <= '9'; option++) {
            size = size * 10 + *option - '0';
        }
        size <<= *option == 'm' ? 20 : *option == 'k' ? 10 : 0;
    }
    if (size < 4096 || size > HEAP_MAX) {
        die("micropython.elf: -X takes heapsize=N, Nk or Nm, at most 64m\n");
    }
    return size;
}

static int exit_code(mp_obj_t exc) {
    if (!mp_obj_exception_match(exc, MP_OBJ_FROM_PTR(&mp_type_SystemExit))) {
        mp_obj_print_exception(&mp_plat_print, exc);
        return 1;
    }
    mp_obj_t value = mp_obj_exception_get_value(exc);
    mp_int_t code = 0;
    if (value != mp_const_none && !mp_obj_get_int_maybe(value, &code)) {
        return 1;
    }
    return code & 255;
}

static int run(const char *path, const char *code) {
    nlr_buf_t nlr;
    if (nlr_push(&nlr) == 0) {
        if (path) {
            size_t size = strlen(path);
            while (size > 0 && path[size] != '/') {
                size--;
            }
            mp_obj_list_store(mp_sys_path, MP_OBJ_NEW_SMALL_INT(0), mp_obj_new_str(path, size));
        }
        mp_lexer_t *lexer = path ? mp_lexer_new_from_file(qstr_from_str(path))
            : mp_lexer_new_from_str_len(MP_QSTR__lt_string_gt_, code, strlen(code), 0);
        mp_parse_compile_execute(lexer, MP_PARSE_FILE_INPUT, mp_globals_get(), mp_locals_get());
        nlr_pop();
        return 0;
    }
    return exit_code(MP_OBJ_FROM_PTR(nlr.ret_val));
}

/* The stack as Linux sets it up: argc, argv, NULL, the environment, NULL. */
_Noreturn void start(uintptr_t *stack) {
    static char heap[HEAP_MAX];
    char **argv = (char **)(stack + 1);
    char **envp = argv + stack[0] + 1;
    size_t size = HEAP_DEFAULT;
    for (argv++; *argv && strcmp(*argv, "-X") == 0; argv += 2) {
        size = heap_size(argv[1]);
    }
    bool is_code = *argv && strcmp(*argv, "-c") == 0;
    if (!argv[is_code]) {
        die("usage: micropython.elf [-X heapsize=N[k|m]] SCRIPT | -c CODE [ARGUMENT...]\n");
    }

    mp_cstack_init_with_top(stack, MICROPY_PORT_STACK);
    gc_init(heap, heap + size);
    mp_init();
    set_sys_path(envp);
    mp_obj_list_init(MP_OBJ_TO_PTR(mp_sys_argv), 0);
    append(mp_sys_argv, argv[0], strlen(argv[0]));
    for (char **argument = argv + 1 + is_code; *argument; argument++) {
        append(mp_sys_argv, *argument, strlen(*argument));
    }
    exit_with(is_code ? run(NULL, argv[1]) : run(argv[0], NULL));
}
