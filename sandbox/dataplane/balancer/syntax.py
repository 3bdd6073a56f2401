"""What the parser leaves to be judged: Host, framing, versions and methods. Pure.

The parser (http_protocol.py) refuses what is no header, such as a continued line. The request is sent to its target by
the rules of h11; what h11 would not send is the client's mistake, not the target's, so it is asked before.

A known difference from AWS: llhttp takes no methods but registered ones.
"""

from __future__ import annotations

import re

import h11

Headers = list[tuple[bytes, bytes]]

# RFC 3986: the characters of a host and a port.
_HOST = re.compile(rb"[A-Za-z0-9._~!$&'()*+,;=%:\[\]-]*")


def problem(method: str, target: bytes, version: str, headers: Headers) -> tuple[int, str] | None:
    """Status and reason of the refusal of a request that is against the rules; None for any other.

    AWS ("Troubleshoot your Application Load Balancers"): 400 for what does not meet the HTTP specification, 405 for
    TRACE, 501 for an unsupported Transfer-Encoding, 505 for another version on a connection of HTTP/1.
    """
    if version not in ("1.0", "1.1"):
        return 400 if version < "1" else 505, f"HTTP/{version} on a connection of HTTP/1"
    if method == "TRACE":
        return 405, "TRACE is not supported"
    names = [name for name, _ in headers]
    if version == "1.0" and b"transfer-encoding" in names:
        return 400, "HTTP/1.0 has no Transfer-Encoding"
    if not all(_HOST.fullmatch(value) for name, value in headers if name == b"host"):
        return 400, "the Host header is not a host"
    try:
        h11.Request(method=method, target=target, headers=headers, http_version=version)
    except h11.LocalProtocolError as error:
        return error.error_status_hint, str(error)
    return None
