/* For py/nlr.h: newlib has none for Xtensa. abi_windowed.S says what is in it. */
typedef unsigned jmp_buf[9];
int setjmp(jmp_buf);
void longjmp(jmp_buf, int) __attribute__((noreturn));
