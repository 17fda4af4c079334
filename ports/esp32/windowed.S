/* The instructions of the windowed ABI for an assembler that lacks them.
 *
 * Debian's gcc for the ESP8266 (lx106) knows -mabi=windowed, which the ESP32, S2 and S3 use; its
 * assembler does not, since that core has no register windows. These macros close the gap:
 * gcc -mabi=windowed -Wa,windowed.S puts this file before each one that it assembles.
 * Encodings: Xtensa Instruction Set Architecture, chapter "Instruction Descriptions".
 */
    .irp    n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    .set    .La\n, \n
    .endr
    .set    .Lsp, 1

    .macro  entry reg, size
    .byte   0x36, .L\reg | (((\size) >> 3) & 15) << 4, (\size) >> 7
    .endm

    .macro  retw
    .byte   0x90, 0x00, 0x00
    .endm

    .macro  retw.n
    .byte   0x1d, 0xf0
    .endm

    .macro  callx8 reg
    .byte   0xe0, .L\reg, 0x00
    .endm

    .macro  call8 target
    movi    a8, \target
    callx8  a8
    .endm

    .macro  movsp to, from
    .byte   .L\to << 4, 0x10 | .L\from, 0x00
    .endm
