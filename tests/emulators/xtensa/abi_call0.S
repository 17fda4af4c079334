/* Where Linux starts the program, for the call0 ABI (ESP8266). */
    .text
    .align  4
    .global _start
_start:
    mov     a2, a1          // argc, argv and envp lie on the stack
    movi    a3, -16
    and     a1, a1, a3
    movi    a0, 0
    call0   start
