/* ws_protocol: the receiving side of RFC 6455, for a server or a client, in pure C99.
 *
 * No MicroPython header, no libc call, no allocation, no I/O, no global, no division, no unaligned
 * access: the same source is built into natmods, firmware, CPython and the fuzzers. The Python twin
 * is the class Rules in python/microdot_websocket/core/rules.py.
 *
 * How to use it
 *   Set a ws_protocol_t to zeros, then `limit` and `options`, and `buf` to memory for the bytes that
 *   arrive: WS_BUFFER_MIN bytes at least. In a loop: call ws_next(). On WS_IDLE or WS_MORE read bytes
 *   to buf + end and add their number to `end`; on WS_ROOM or WS_FULL give memory; on a message or a
 *   control frame use it; on an error send a Close with ws_error_code() and ws_error_text().
 *   Before a read, move what is left in buf[start..end) to its beginning.
 *
 *   A long payload need not pass through buf: if ws_direct() says n > 0, up to n bytes may be read to
 *   msg + size instead; set `arrived` to their number.
 *
 * Who owns which memory
 *   All of it is the owner's. `buf` may go whenever start == end, and come back (other memory, too)
 *   before the next read. `msg` holds the message in progress until ws_next() has returned it.
 *
 * The rules
 *   - RSV bits are 0, but for RSV1 on a message's first frame if WS_RSV1 is set: it is compressed
 *     (5.2; RFC 7692, 6).
 *   - An opcode is known (5.2). Frames from a client are masked, those from a server are not (5.1). A
 *     length has its shortest form (5.2).
 *   - A control frame is whole and has at most 125 bytes (5.5). It may come between fragments.
 *   - A message begins with TEXT or BINARY and goes on with CONT (5.4). It has at most `limit` bytes
 *     (`compressed_limit` if it is compressed), by its headers, so before its payload takes memory,
 *     and at most `max_fragments` fragments.
 *   - TEXT and a Close's reason are UTF-8, checked as the bytes arrive (8.1). Text that is compressed
 *     is checked by the code that inflates it.
 *   - A Close is empty, or holds a code that may be sent and a reason (5.5.1, 7.4).
 */
#ifndef WS_PROTOCOL_H
#define WS_PROTOCOL_H

#include "ws_core.h"

/* Room for the largest control frame: 14 bytes of header, 125 of payload. */
#define WS_BUFFER_MIN 139

enum { WS_CONT, WS_TEXT, WS_BINARY, WS_CLOSE = 8, WS_PING, WS_PONG };

/* What ws_next() returns besides these opcodes. */
enum {
    WS_IDLE = 0,  /* more bytes; nothing has begun */
    WS_MORE = -1, /* more bytes; a frame has begun */
    WS_ROOM = -2, /* msg must have room for `total` bytes, with its first `size` bytes kept */
    WS_FULL = -3, /* the owner's buffer is full, and more follows: take it, then set size = 0; with
                     `hold`: a message begins that is not to be read yet */
    /* the peer broke a rule */
    WS_ERR_RSV = -10,
    WS_ERR_OPCODE = -11,
    WS_ERR_MASK = -12,
    WS_ERR_LENGTH = -13,
    WS_ERR_CONTROL = -14,
    WS_ERR_NESTED = -15,
    WS_ERR_CONT = -16,
    WS_ERR_CLOSE = -17,
    WS_ERR_UTF8 = -18,
    WS_ERR_FRAGMENTS = -19,
    WS_ERR_TOO_BIG = -20,
    WS_ERR_MEMORY = -21 /* for the owner, if WS_ROOM cannot be had */
};

/* options */
enum {
    WS_CLIENT = 1, /* this end is the client */
    WS_RSV1 = 2    /* compressed messages have been agreed on */
};

/* Where a message goes. It is looked at when a message begins; WS_SKIP may be set at any time. */
enum {
    WS_OWN,    /* to memory for the whole message: WS_ROOM. A compressed message always does */
    WS_BUFFER, /* to msg[0..room), again and again: WS_FULL */
    WS_SKIP    /* nowhere: it is checked and dropped, and not returned at its end */
};

typedef struct {
    uint8_t *buf;              /* buf[start..end) has arrived and is not decoded */
    uint32_t start, end;
    uint8_t *msg;              /* the message in progress: msg[0..size), with memory for `room` */
    uint32_t room, size;
    uint32_t total;            /* bytes of the message by the headers up to now */
    uint32_t left;             /* of the frame's payload: bytes still to come */
    uint32_t arrived;          /* bytes that the owner has read to msg + size, still masked */
    uint32_t limit, compressed_limit;
    uint32_t max_fragments;    /* 0: any number */
    uint32_t fragments;        /* of the message in progress */
    uint32_t frames;           /* data frames that have begun, to see whether the peer gets on */
    uint8_t *data;             /* a control frame's payload, a Close's reason: until bytes are added to buf */
    ws_header_t hdr;           /* of the current frame */
    uint16_t close_code;       /* after WS_CLOSE; 1005: there was none */
    uint8_t data_len;
    uint8_t options;
    uint8_t next_sink;         /* of messages that begin from now on */
    uint8_t sink;              /* of the message in progress */
    uint8_t opcode;            /* of the message in progress or the last one */
    uint8_t hold;              /* begin no message but one that is whole, plain, and fits into `limit` */
    uint8_t in_message;        /* its end has not been returned */
    uint8_t in_frame;          /* a data frame's header is taken, its end is not */
    uint8_t compressed;        /* the message in progress or the last one has RSV1 */
    int8_t utf8;               /* a state of ws_utf8 */
} ws_protocol_t;

/* What has arrived: an opcode, for a message (msg[0..size)) or a control frame (data[0..data_len)), or
 * one of the values above. Must not be called again after WS_CLOSE or an error. Twin: Rules.next */
int ws_next(ws_protocol_t *p);

/* How many bytes may be read straight to msg + size; 0 unless that is `least` or more.
 * Twin: Rules.direct */
uint32_t ws_direct(const ws_protocol_t *p, uint32_t least);

/* For an end that has sent its Close: drop what has arrived, without checks; 1 once a Close was in it.
 * May also be called after an error. From then on all bytes go to buf: msg may go. Twin: Rules.discard */
int ws_discard(ws_protocol_t *p);

/* The close code for an error, and its reason: *len bytes of ASCII.   Twin: frames.ERRORS */
unsigned ws_error_code(int error);
const char *ws_error_text(int error, uint32_t *len);

/* Whether a Close may hold this code (7.4.2 and IANA's registry).   Twin: rules.is_close_code */
int ws_is_close_code(unsigned code);

/* Write an unmasked frame's header to buf, which has room for 10 bytes; its size. first: FIN, RSV bits
 * and opcode.   Twin: frames.write_header */
uint32_t ws_write_header(uint8_t *buf, unsigned first, uint32_t length);

/* memmove, which the owner provides: natmods have no libc. */
void ws_move(void *to, const void *from, size_t n);

#endif
