"""The container's health check: exits 0 when the server in the same container answers, else 1.

Runs every few seconds on a fraction of a CPU, hence a bare socket.
"""

import os
import socket
import sys

TIMEOUT = 4.0  # seconds


def healthy(port: int) -> bool:
    """Whether /healthz on this machine answers 200."""
    try:
        with socket.create_connection(("127.0.0.1", port), TIMEOUT) as connection:
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            return connection.recv(64).startswith(b"HTTP/1.1 200 ")
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(0 if healthy(int(os.environ.get("QUILT_MCP_PORT") or 8000)) else 1)
