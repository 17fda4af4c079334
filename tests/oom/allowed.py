"""What remains MicroPython's own: by the C function whose allocation failed."""

ALLOWED = {
    'socket_accept': 'the accepted connection is lost, and its file with it',
    'socket_make_new': 'the file of the socket is lost',
}


def allowance(result):
    for callers in result.callers:
        for name in callers[:4]:
            if name in ALLOWED:
                return ALLOWED[name]
    return ''
