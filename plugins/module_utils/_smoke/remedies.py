# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""What to do about an answer or an error on the route. Pure."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Iterator

ANOTHER_RULE = (
    "another listener rule answers before the deployment's, or that one is missing: read the listener's rules in order "
    "(quilt.mcp_server.elb_listener_rule_info), then deploy again"
)
STATUS = {
    301: ANOTHER_RULE,
    302: ANOTHER_RULE,
    307: ANOTHER_RULE,
    308: ANOTHER_RULE,
    400: "the server did not understand the request: its version and that of the mcp library here may not match",
    403: (
        "the MCP server answers no request of this test with 403, so something before it does: a web ACL of the load "
        "balancer (aws wafv2 get-web-acl-for-resource --resource-arn <its ARN>) or a rule with a fixed response "
        "(quilt.mcp_server.elb_listener_rule_info); docs/operating.md says how to find out"
    ),
    404: ANOTHER_RULE,
    405: ANOTHER_RULE,
    421: "the server does not answer for this host name: QUILT_MCP_ALLOWED_HOSTS of the task must name it",
    429: "the server is overloaded or limits this client: run again later, or run more tasks",
    500: "the server failed: read its log",
    502: "the task closed the connection or does not speak HTTP on its port: read its log",
    503: "the target group has no healthy target: read the service's events, the target health and the task's log",
    504: "the task did not answer in time, or its security group does not admit the load balancer: check both",
}
ELSEWHERE = (ANOTHER_RULE, STATUS[403], STATUS[503])  # what may be said of an answer of another listener rule
# In TLS's alerts, what a server may say of the certificate of the client.
OF_CLIENT_CERTIFICATES = re.compile(
    r"ALERT_(CERTIFICATE_|BAD_CERTIFICATE|UNSUPPORTED_CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED)"
)
NO_CLIENT_CERTIFICATE = (
    "the listener requires a certificate of the client (mutual TLS): give one in smoke_client_certificate (the "
    "module's client_certificate)"
)
CLIENT_CERTIFICATE_REFUSED = (
    "the listener does not accept the certificate of the client: give one in smoke_client_certificate (the module's "
    "client_certificate) that has not expired, by a CA of the listener's trust store"
)
CLOSED = ("BrokenResourceError", "ConnectionResetError", "EndOfStream", "RemoteProtocolError")
KEY_DIFFERS = (
    "the key, issuer, audience or key id differs from what the running task has loaded: after a rotation deploy again, "
    "so that new tasks load the secret; otherwise correct mcp_server_jwt_secret, smoke_kid, mcp_server_jwt_issuer or "
    "mcp_server_jwt_audience (the module's jwt_secret_id, kid, issuer or audience)"
)


def of_status(status: int) -> str:
    """What to do about an unexpected status on the way to the server."""
    return STATUS.get(status, ANOTHER_RULE if status < 500 else STATUS[500])


def of_error(error: BaseException, has_certificate: bool = False) -> tuple[str, str]:
    """What came and what to do, for an error below HTTP. has_certificate: whether the client showed one of its own."""
    causes = list(_causes(error))
    mutual = CLIENT_CERTIFICATE_REFUSED if has_certificate else NO_CLIENT_CERTIFICATE
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"the certificate is not accepted ({cause.verify_message})", _of_certificate(cause)
        if isinstance(cause, ssl.SSLError):
            return f"TLS failed ({cause})", _of_tls(cause, mutual)
        if isinstance(cause, socket.gaierror):
            return (
                "the host name is not known to DNS",
                "correct the url, create the DNS record, or give connect_to to connect without DNS",
            )
        if isinstance(cause, ConnectionRefusedError):
            return (
                "the connection is refused",
                "check that the load balancer (or the sandbox) is up and the port is right",
            )
        if isinstance(cause, TimeoutError) or "Timeout" in type(cause).__name__:
            return (
                f"no answer in time ({type(cause).__name__})",
                "check the security group of the load balancer, the route to it, and the task's log",
            )
    root = causes[-1]
    closed = next((cause for cause in causes if type(cause).__name__ in CLOSED), None)
    if closed is not None:
        return (
            f"the connection was closed without an answer ({type(root).__name__})",
            f"check the route to the load balancer and the task's log; perhaps {mutual}",
        )
    return f"{type(root).__name__}: {root}".rstrip(": "), "check the route to the load balancer and the task's log"


def _of_tls(error: ssl.SSLError, mutual: str) -> str:
    if OF_CLIENT_CERTIFICATES.search(str(error)):
        return mutual
    port = "check that the port is that of the HTTPS listener"
    vague = isinstance(error, ssl.SSLEOFError) or "ALERT_HANDSHAKE_FAILURE" in str(error)
    return f"{port}; perhaps {mutual}" if vague else port


def _of_certificate(error: ssl.SSLCertVerificationError) -> str:
    message = error.verify_message.lower()
    if "hostname" in message or "ip address" in message:
        return "use the host name that the certificate covers in the url (connect_to keeps it)"
    if "expired" in message:
        return "have the certificate renewed"
    return "give the CA that signed it as ca_file"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and its causes; of a group the first member."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        if isinstance(current, BaseExceptionGroup):
            current = current.exceptions[0]
            continue
        yield current
        current = current.__cause__ or current.__context__
