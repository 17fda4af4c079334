@ A boot ROM for an emulated RP2040, which has no silicon to read the real one from.
@
@ It has the interface that the RP2040 datasheet documents (section "Bootrom Contents"): the header,
@ the two tables and the functions that programs look up in them. What MicroPython does not call
@ leads to `trap`. Memory and bit functions are here, flash and float conversions in rom.c, float
@ and double arithmetic in libgcc.

    .syntax unified
    .cpu cortex-m0plus
    .thumb

    .equ XIP_BASE, 0x10000000
    .equ STACK, 0x20042000              @ the end of SRAM
    .equ VERSION, 3                     @ of the B2 silicon

    .section .header, "ax"
    .word STACK
    .word reset + 1
    .word trap + 1                      @ NMI
    .word trap + 1                      @ HardFault
    .byte 'M', 'u', 1, VERSION
    .short functions
    .short data
    .short look_up + 1

    .text

    .macro function name
    .global \name
    .type \name, %function
    .thumb_func
\name:
    .endm

@ The second stage of booting is in the first 256 bytes of flash. A return address of 0 tells it to
@ go on to the program's vector table.
function reset
    movs r0, #0
    mov lr, r0
    ldr r0, =XIP_BASE + 1
    bx r0

function trap
    bkpt #0
    b trap

@ r0: a table, r1: a code. Gives the pointer that goes with the code, or 0.
function look_up
    uxth r1, r1
1:  ldrh r2, [r0]
    cmp r2, #0
    beq 2f
    adds r0, #4
    cmp r2, r1
    bne 1b
    subs r0, #2
    ldrh r2, [r0]
2:  mov r0, r2
    bx lr

@ r0: to, r1: from, r2: size. Gives r0. Words in fours if both are aligned.
function memcpy
    mov ip, r0
    mov r3, r0
    orrs r3, r1
    lsls r3, r3, #30
    bne 3f
    push {r4-r6}
    subs r2, #16
    blo 2f
1:  ldmia r1!, {r3-r6}
    stmia r0!, {r3-r6}
    subs r2, #16
    bhs 1b
2:  adds r2, #16
    pop {r4-r6}
3:  subs r2, #1
    blo 5f
    push {r4}
    movs r3, #0
4:  ldrb r4, [r1, r3]
    strb r4, [r0, r3]
    adds r3, #1
    subs r2, #1
    bhs 4b
    pop {r4}
5:  mov r0, ip
    bx lr

@ r0: to, r1: the byte, r2: size. Gives r0. Words if it is aligned.
function memset
    mov ip, r0
    lsls r3, r0, #30
    bne 3f
    uxtb r1, r1
    lsls r3, r1, #8
    orrs r1, r3
    lsls r3, r1, #16
    orrs r1, r3
    subs r2, #4
    blo 2f
1:  stmia r0!, {r1}
    subs r2, #4
    bhs 1b
2:  adds r2, #4
3:  subs r2, #1
    blo 5f
4:  strb r1, [r0]
    adds r0, #1
    subs r2, #1
    bhs 4b
5:  mov r0, ip
    bx lr

    .section .rodata

    .macro entry code, target
    .ascii "\code"
    .short \target
    .endm

    .balign 4
functions:
    entry "MC", memcpy + 1
    entry "C4", memcpy + 1
    entry "MS", memset + 1
    entry "S4", memset + 1
    entry "P3", popcount32 + 1
    entry "R3", reverse32 + 1
    entry "L3", clz32 + 1
    entry "T3", ctz32 + 1
    entry "IF", connect_internal_flash + 1
    entry "EX", flash_exit_xip + 1
    entry "RE", flash_range_erase + 1
    entry "RP", flash_range_program + 1
    entry "FC", flash_flush_cache + 1
    entry "CX", flash_enter_cmd_xip + 1
    entry "UB", trap + 1                @ reset to USB boot
    entry "WV", trap + 1                @ the second core's wait for its program
    .word 0

data:
    entry "SF", float_functions
    entry "SD", double_functions
    .word 0

@ Both tables have 32 entries: without a name in the comment, one of what MicroPython does not use.
    .macro trap_unless_used count
    .rept \count
    .word trap + 1
    .endr
    .endm

    .balign 4
    .byte 0, 0, 32, 0                   @ their number, at -2
float_functions:
    .word __aeabi_fadd                  @ 0x00
    .word __aeabi_fsub
    .word __aeabi_fmul
    .word __aeabi_fdiv
    trap_unless_used 3                  @ 0x10
    .word float2int                     @ 0x1c
    trap_unless_used 1
    .word float2uint                    @ 0x24
    trap_unless_used 1
    .word __aeabi_i2f                   @ 0x2c
    trap_unless_used 1
    .word __aeabi_ui2f                  @ 0x34
    trap_unless_used 9
    .word __aeabi_l2f                   @ 0x5c
    trap_unless_used 1
    .word __aeabi_ul2f                  @ 0x64
    trap_unless_used 1
    .word float2int64                   @ 0x6c
    trap_unless_used 1
    .word float2uint64                  @ 0x74
    trap_unless_used 1
    .word __aeabi_f2d                   @ 0x7c

    .byte 0, 0, 32, 0
double_functions:
    .word __aeabi_dadd                  @ 0x00
    .word __aeabi_dsub
    .word __aeabi_dmul
    .word __aeabi_ddiv
    trap_unless_used 3                  @ 0x10
    .word __aeabi_d2iz                  @ 0x1c; only ever called for positive numbers
    trap_unless_used 1
    .word __aeabi_d2uiz                 @ 0x24
    trap_unless_used 1
    .word __aeabi_i2d                   @ 0x2c
    trap_unless_used 1
    .word __aeabi_ui2d                  @ 0x34
    trap_unless_used 17
    .word __aeabi_d2f                   @ 0x7c
