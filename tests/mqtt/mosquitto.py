"""Debian's mosquitto, with a listener for TCP and one for WebSockets."""

import socket
import subprocess
import time

from interpreters import BUILD, free_port

# A broker that drops nothing of its own accord, nor waits to send more.
CONF = """
user root
allow_anonymous true
persistence false
log_dest none
max_queued_messages 0
set_tcp_nodelay true
listener 1883
listener 9001
protocol websockets
"""


class Mosquitto:
    def __init__(self, folder, conf=CONF):
        self.port, self.web_port = free_port(), free_port()
        self._conf = folder / 'mosquitto.conf'
        for port, here in ('1883', self.port), ('9001', self.web_port):
            conf = conf.replace(f'listener {port}', f'listener {here} 127.0.0.1')
        self._conf.write_text(conf)
        self.process = None

    def start(self):
        words = [str(BUILD / 'bin' / 'mosquitto'), '-c', str(self._conf)]
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        deadline = time.monotonic() + 20
        for port in self.port, self.web_port:
            while True:
                try:
                    socket.create_connection(('127.0.0.1', port)).close()
                    break
                except ConnectionRefusedError:
                    if self.process.poll() is not None or time.monotonic() > deadline:
                        self.stop()
                        raise RuntimeError('mosquitto does not serve') from None
                    time.sleep(0.02)

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
