/* ws_core: the per-byte work of RFC 6455 in pure C99.
 *
 * No MicroPython header, no libc call, no division, no global, no allocation: the same source is
 * built into natmods for every core, into firmware, and into a shared library for the tests.
 * The Python twins are in python/microdot_websocket/core/: __init__.py and rules.py. Which frames are
 * allowed is said in ws_protocol.h, not here.
 */
#ifndef WS_CORE_H
#define WS_CORE_H

#include <stddef.h>
#include <stdint.h>

/* websocket.py refuses a natmod whose ABI is not its own: raise it when the contract of Protocol changes. */
#define WS_ABI 3

/* The longest payload: a MicroPython small int on every 32-bit port (section 5.2 allows 2^63 - 1). */
#define WS_LENGTH_MAX 0x3FFFFFFFu

/* States of ws_utf8: WS_UTF8_ACCEPT between two characters, up to WS_UTF8_STATE_MAX inside one. */
#define WS_UTF8_ACCEPT 0
#define WS_UTF8_STATE_MAX 7
#define WS_UTF8_REJECT (-1)

typedef struct {
    uint8_t first;    /* FIN, RSV1-3 and opcode, as they came */
    uint8_t masked;   /* 0 or 1 */
    uint8_t key[4];   /* zeros if not masked: unmasking is then the identity */
    uint32_t length;  /* of the payload, in bytes */
} ws_header_t;

/* Decode the frame header (section 5.2) at buf, of which len bytes are there.
 * Returns its size (2 to 14); 0 while it is incomplete; -1 if the length is over WS_LENGTH_MAX.
 * *header is written only when a size is returned.   Twin: in Rules.next */
int ws_parse_header(const uint8_t *buf, size_t len, ws_header_t *header);

/* XOR len bytes at buf in place with key (section 5.3); buf[0] meets key[phase & 3].
 * Any alignment; never makes an unaligned word access.   Twin: core.unmask */
void ws_unmask(uint8_t *buf, size_t len, const uint8_t key[4], size_t phase);

/* Continue to check UTF-8 (RFC 3629: no overlong form, no surrogate, nothing above U+10FFFF).
 * state is WS_UTF8_ACCEPT or what the last call returned. Returns the new state, or
 * WS_UTF8_REJECT at the first byte that no valid text has there.   Twin: core.utf8 */
int ws_utf8(const uint8_t *buf, size_t len, int state);

#endif
