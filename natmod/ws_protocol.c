#include "ws_protocol.h"

int ws_is_close_code(unsigned code) {
    return code - 3000 < 2000 || (code - 1000 < 15 && code - 1004 > 2);
}

unsigned ws_error_code(int error) {
    if (error >= WS_ERR_CLOSE) {
        return 1002;
    }
    return error == WS_ERR_UTF8 ? 1007 : error == WS_ERR_FRAGMENTS ? 1008 : 1009;
}

const char *ws_error_text(int error, uint32_t *len) {
    /* Each with its length before it, in octal: of a search for a 0 gcc would make a call of strlen. */
    const char *text = /* from WS_ERR_RSV on */
        "\014RSV bits set" "\017reserved opcode" "\015wrong masking" "\022length not minimal"
        "\044control frame fragmented or too long" "\030message inside a message"
        "\027continuation of nothing" "\016bad close code" "\015invalid UTF-8" "\022too many fragments"
        "\017message too big" "\015out of memory";
    for (; error < WS_ERR_RSV; error++) {
        text += 1 + *text;
    }
    *len = (uint32_t)*text;
    return text + 1;
}

/* Bytes of the length in a header: 2 with the opcode's, or 2 or 8 more. */
static uint32_t header_size(uint32_t length) {
    return length < 126 ? 2 : length < 0x10000 ? 4 : 10;
}

uint32_t ws_write_header(uint8_t *buf, unsigned first, uint32_t length) {
    uint32_t size = header_size(length);
    buf[0] = (uint8_t)first;
    buf[1] = (uint8_t)(size == 2 ? length : size == 4 ? 126 : 127);
    for (uint32_t i = size; i > 2; length >>= 8) {
        buf[--i] = (uint8_t)length;
    }
    return size;
}

static uint32_t smaller(uint32_t a, uint32_t b) {
    return a < b ? a : b;
}

/* Whether a frame may come now, by its header, which has `size` bytes: 0 or an error. */
static int check_header(const ws_protocol_t *p, uint32_t size) {
    unsigned first = p->hdr.first;
    unsigned opcode = first & 15;
    uint32_t length = p->hdr.length;
    if (first & 0x70 && !((first & 0x70) == 0x40 && p->options & WS_RSV1 && opcode - 1 < 2)) {
        return WS_ERR_RSV;
    }
    if (opcode > WS_PONG || opcode - 3 < 5) {
        return WS_ERR_OPCODE;
    }
    if (p->hdr.masked == (p->options & WS_CLIENT)) {
        return WS_ERR_MASK;
    }
    if (size - 4u * p->hdr.masked > header_size(length)) {
        return WS_ERR_LENGTH;
    }
    if (opcode >= WS_CLOSE) {
        return first < 0x80 || length > 125 ? WS_ERR_CONTROL : 0;
    }
    if (opcode && p->in_message) {
        return WS_ERR_NESTED;
    }
    if (!opcode && !p->in_message) {
        return WS_ERR_CONT;
    }
    return 0;
}

/* A data frame's header is there: begin the message, or go on with it. 0 or an error. */
static int begin_frame(ws_protocol_t *p) {
    unsigned opcode = p->hdr.first & 15;
    uint32_t length = p->hdr.length;
    if (opcode) {
        p->opcode = (uint8_t)opcode;
        p->compressed = p->hdr.first & 0x40;
        p->sink = p->compressed ? WS_OWN : p->next_sink;
        p->size = p->total = p->fragments = 0;
        if (p->sink == WS_OWN) {
            p->room = 0;
        }
        p->utf8 = WS_UTF8_ACCEPT;
        p->in_message = 1;
    }
    p->left = length; /* also of a frame that is refused: ws_discard() passes over it */
    uint32_t limit = p->compressed ? p->compressed_limit : p->limit;
    /* No subtraction that wraps: the limit may have been lowered in the middle of a message. */
    if (p->sink != WS_SKIP && (length > limit || p->total > limit - length)) {
        return WS_ERR_TOO_BIG;
    }
    if (++p->fragments > p->max_fragments && p->max_fragments) {
        return WS_ERR_FRAGMENTS;
    }
    p->total += length;
    p->in_frame = 1;
    p->frames++;
    return 0;
}

/* A whole control frame at buf + start, with a header of `size` bytes: its opcode, or an error.
 * One that is refused stays where it is, so that ws_discard() finds a bad Close, too. */
static int control(ws_protocol_t *p, uint32_t size) {
    uint8_t *data = p->buf + p->start + size;
    uint32_t length = p->hdr.length;
    int opcode = p->hdr.first & 15;
    ws_unmask(data, length, p->hdr.key, 0);
    if (opcode == WS_CLOSE) {
        p->close_code = 1005;
        if (length) {
            unsigned code = length > 1 ? (unsigned)data[0] << 8 | data[1] : 0;
            if (!ws_is_close_code(code)) {
                return WS_ERR_CLOSE;
            }
            p->close_code = (uint16_t)code;
            data += 2;
            length -= 2;
            if (ws_utf8(data, length, WS_UTF8_ACCEPT) != WS_UTF8_ACCEPT) {
                return WS_ERR_UTF8;
            }
        }
    }
    /* What follows a Close does not count. */
    p->start = opcode == WS_CLOSE ? p->end : p->start + size + p->hdr.length;
    p->data = data;
    p->data_len = (uint8_t)length;
    return opcode;
}

/* Take what has arrived of the current frame's payload: 0, or what ws_next() has to return. */
static int gather(ws_protocol_t *p) {
    uint32_t n = p->arrived;
    uint8_t *to;
    if (n) {
        to = p->msg + p->size;
    } else {
        n = smaller(p->end - p->start, p->left);
        if (p->sink == WS_OWN && p->room < p->total) {
            return WS_ROOM;
        }
        if (p->sink == WS_BUFFER && p->size == p->room) {
            return WS_FULL;
        }
        if (p->sink != WS_SKIP) {
            n = smaller(n, p->room - p->size);
        }
        if (n == 0) {
            return WS_MORE;
        }
        to = p->buf + p->start;
        p->start += n;
        if (p->sink != WS_SKIP) { /* else there may be no msg */
            ws_move(p->msg + p->size, to, n);
            to = p->msg + p->size;
        }
    }
    p->arrived = 0;
    ws_unmask(to, n, p->hdr.key, p->hdr.length - p->left);
    if (p->sink != WS_SKIP) {
        p->size += n;
    }
    p->left -= n;
    if (p->opcode == WS_TEXT && !p->compressed) {
        p->utf8 = (int8_t)ws_utf8(to, n, p->utf8);
        if (p->utf8 < 0) {
            return WS_ERR_UTF8;
        }
    }
    return 0;
}

int ws_next(ws_protocol_t *p) {
    for (;;) {
        int result;
        while (p->left) {
            result = gather(p);
            if (result) {
                return result;
            }
        }
        if (p->in_frame) {
            p->in_frame = 0;
            if (p->hdr.first >= 0x80) {
                p->in_message = 0;
                if (p->utf8 != WS_UTF8_ACCEPT) {
                    return WS_ERR_UTF8;
                }
                if (p->sink != WS_SKIP) {
                    return p->opcode;
                }
            }
        }
        uint32_t here = p->end - p->start;
        if (here == 0) { /* there may be no buf */
            return WS_IDLE;
        }
        int size = ws_parse_header(p->buf + p->start, here, &p->hdr);
        if (size <= 0) {
            return size ? WS_ERR_TOO_BIG : WS_MORE;
        }
        result = check_header(p, (uint32_t)size);
        if (result) {
            return result;
        }
        if (p->hdr.first & 8) {
            if (p->hdr.length > here - (uint32_t)size) {
                return WS_MORE;
            }
            return control(p, (uint32_t)size);
        }
        if (p->hold && !p->in_message && (p->hdr.first < 0x80 || p->hdr.first & 0x40 || p->hdr.length > p->limit)) {
            return WS_FULL;
        }
        p->start += (uint32_t)size;
        result = begin_frame(p);
        if (result) {
            return result;
        }
    }
}

uint32_t ws_direct(const ws_protocol_t *p, uint32_t least) {
    uint32_t n = smaller(p->room - p->size, p->left);
    return p->start == p->end && p->sink != WS_SKIP && n >= least ? n : 0;
}

int ws_discard(ws_protocol_t *p) {
    p->left -= p->arrived;
    p->arrived = 0;
    p->in_frame = p->in_message = 0;
    p->sink = WS_SKIP; /* nothing is read straight to msg any more */
    for (;;) {
        uint32_t n = smaller(p->end - p->start, p->left);
        p->start += n;
        p->left -= n;
        if (p->left || p->start == p->end) {
            return 0;
        }
        int size = ws_parse_header(p->buf + p->start, p->end - p->start, &p->hdr);
        if (size == 0) {
            return 0;
        }
        if (size < 0) { /* no frame will be recognized behind this one */
            p->left = 0xffffffff;
            continue;
        }
        p->start += (uint32_t)size;
        p->left = p->hdr.length;
        if ((p->hdr.first & 15) == WS_CLOSE) {
            return 1;
        }
    }
}
