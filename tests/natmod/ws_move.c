/* What an owner of ws_protocol provides, for ws_protocol_library.py; and what that checks its own copy
 * of the struct with. */
#include <string.h>

#include "ws_protocol.h"

const unsigned ws_protocol_size = sizeof(ws_protocol_t);

void ws_move(void *to, const void *from, size_t n) {
    memmove(to, from, n);
}
