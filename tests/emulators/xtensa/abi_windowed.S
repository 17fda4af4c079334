/* What depends on register windows (ESP32, S2, S3): the start, the stack's roots for the garbage
 * collector, setjmp and longjmp.
 *
 * A function's a0 to a3 are saved in the 16 bytes below its callee's stack pointer, and if it made
 * the call by call8, its a4 to a7 in the 16 bytes from 32 below its caller's stack pointer.
 */
    .literal_position
    .literal .Lstart, start
    .literal .Lspill, spill

    .macro  function name
    .align  4
    .global \name
    .type   \name, @function
\name:
    .endm

    .macro  call_spill      // clobbers a8 to a15
    movi    a10, 7          // with the caller's own, 8 windows of 8 registers: all there are
    l32r    a8, .Lspill
    callx8  a8
    .endm

    .text
function _start
    mov     a10, a1         // argc, argv and envp lie on the stack
    movi    a9, -16
    and     a1, a1, a9
    addi    a1, a1, -32     // room for what the callee's window saves
    movi    a0, 0
    l32r    a8, .Lstart
    callx8  a8

// void spill(int depth): takes all windows, so that the older ones overflow to the stack.
function spill
    entry   a1, 32
    beqz    a2, 1f
    addi    a10, a2, -1
    l32r    a8, .Lspill
    callx8  a8
1:  retw

// uintptr_t gc_helper_get_regs_and_sp(uintptr_t *regs): all registers are on the stack afterwards.
function gc_helper_get_regs_and_sp
    entry   a1, 32
    call_spill
    mov     a2, a1
    retw

// int setjmp(jmp_buf): without an entry, the caller's a0 to a7 are still these. a8 is where to return
// to, with the size of the call in its two top bits; this program lies where those are 0.
function setjmp
    .irp    i, 0, 1, 2, 3, 4, 5, 6, 7, 8
    s32i    a\i, a10, 4 * \i
    .endr
    slli    a8, a8, 2
    srli    a8, a8, 2
    movi    a10, 0
    jx      a8

    .macro  copy4 to, to_offset, from, from_offset
    .irp    i, 0, 4, 8, 12
    l32i    a4, \from, \from_offset + \i
    s32i    a4, \to, \to_offset + \i
    .endr
    .endm

// void longjmp(jmp_buf, int): becomes a callee of setjmp's caller, whose window is loaded from the
// stack by retw.
function longjmp
    entry   a1, 32
    call_spill
    addi    a5, a1, -16
    copy4   a5, 0, a2, 0
    l32i    a5, a2, 4       // setjmp's caller's stack pointer
    addi    a5, a5, -12
    l32i    a5, a5, 0       // and its caller's
    addi    a5, a5, -32
    copy4   a5, 0, a2, 16
    l32i    a0, a2, 32
    movi    a2, 1
    movnez  a2, a3, a3
    retw
