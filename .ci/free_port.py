"""Refuse a busy port with a sentence that helps: ``free_port.py PORT``."""

import socket
import sys

port = int(sys.argv[1])
with socket.socket() as probe:
    # As the server does: a port that merely waits after its last use is free.
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        probe.bind(("127.0.0.1", port))
    except OSError as error:
        sys.exit(
            f"Port {port} cannot be used ({error.strerror}). "
            f"Choose another one: make demo PORT={port + 1}"
        )
