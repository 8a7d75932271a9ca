"""Free ports for servers that must come back on the same port after a restart.

The ports lie below the range from which Linux takes the local ports of outgoing connections, so
that no client can sit on a server's port while the server is down.
"""

import random
import socket

FIRST, LAST = 15000, 32000
_given: set[int] = set()


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """A port on 127.0.0.1 that nobody listens on, and that was not given out before."""
    while True:
        port = random.randint(FIRST, LAST)
        if port not in _given and is_free(port):
            _given.add(port)
            return port
