"""What is installed on a board:  import board_report  (make check-board)."""

import gc
import sys

gc.collect()
before = gc.mem_free()
import microdot.websocket  # noqa: E402
import microdot_websocket  # noqa: E402
from microdot_websocket import codec  # noqa: E402

gc.collect()
print('codec: %s, free memory: %d bytes of %d' % (codec.IMPL, gc.mem_free(), before))
if microdot.websocket.WebSocket is not microdot_websocket.WebSocket:
    print("%s is Microdot's own and hides the drop-in: remove it" % microdot.websocket.__file__)
    sys.exit(1)
