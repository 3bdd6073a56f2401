"""Connections to targets."""

from __future__ import annotations

import ssl

import httpcore


def new_pool(keepalive_connections: int, keepalive_seconds: float = 0.0) -> httpcore.AsyncConnectionPool:
    """A pool that keeps so many idle connections for so long.

    AWS: the load balancer does not verify the certificates of its targets.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return httpcore.AsyncConnectionPool(
        ssl_context=context,
        max_connections=None,
        max_keepalive_connections=keepalive_connections,
        keepalive_expiry=keepalive_seconds,
    )
