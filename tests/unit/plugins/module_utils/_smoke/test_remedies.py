"""What the operator is asked to do."""

from __future__ import annotations

import socket
import ssl

import pytest
from ansible_collections.quilt.mcp_server.plugins.module_utils._smoke.remedies import of_error, of_status


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (200, "another listener rule answers"),
        (302, "another listener rule answers"),
        (403, "aws wafv2 get-web-acl-for-resource"),
        (404, "another listener rule answers"),
        (418, "another listener rule answers"),
        (421, "QUILT_MCP_ALLOWED_HOSTS"),
        (502, "does not speak HTTP"),
        (503, "no healthy target"),
        (504, "security group"),
        (599, "the server failed"),
    ],
)
def test_of_status(status: int, text: str) -> None:
    assert text in of_status(status)


def certificate_error(message: str) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_message = message
    return error


class ReadTimeout(Exception):
    """As an HTTP client names it."""


@pytest.mark.parametrize(
    ("error", "came", "remedy"),
    [
        pytest.param(
            certificate_error("unable to get local issuer certificate"), "unable to get local", "as ca_file", id="CA"
        ),
        pytest.param(
            certificate_error("Hostname mismatch, certificate is not valid for 'x'"),
            "Hostname mismatch",
            "use the host name that the certificate covers",
            id="name",
        ),
        pytest.param(certificate_error("certificate has expired"), "has expired", "renewed", id="expired"),
        pytest.param(ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER]"), "TLS failed", "HTTPS listener", id="no TLS"),
        pytest.param(
            ssl.SSLError(1, "[SSL: TLSV13_ALERT_CERTIFICATE_REQUIRED] tlsv13 alert certificate required"),
            "TLS failed",
            "the listener requires a certificate of the client (mutual TLS): give one in smoke_client_certificate",
            id="no certificate of the client",
        ),
        pytest.param(ConnectionResetError(104, "reset"), "closed without an answer", "mutual TLS", id="reset"),
        pytest.param(socket.gaierror(-2, "Name or service not known"), "not known to DNS", "connect_to", id="DNS"),
        pytest.param(ConnectionRefusedError(111, "refused"), "refused", "load balancer", id="refused"),
        pytest.param(ReadTimeout(), "no answer in time (ReadTimeout)", "security group", id="timeout"),
        pytest.param(ValueError("odd"), "ValueError: odd", "check the route", id="anything"),
    ],
)
def test_of_error_looks_under_wrappers(error: Exception, came: str, remedy: str) -> None:
    wrapped = RuntimeError("connect failed")
    wrapped.__cause__ = error
    for outer in (error, wrapped, ExceptionGroup("of a task group", [wrapped])):
        assert came in of_error(outer)[0]
        assert remedy in of_error(outer)[1]


@pytest.mark.parametrize(
    "alert", ["TLSV13_ALERT_CERTIFICATE_REQUIRED", "TLSV1_ALERT_UNKNOWN_CA", "ALERT_BAD_CERTIFICATE"]
)
def test_a_certificate_of_the_client_that_is_refused(alert: str) -> None:
    error = ssl.SSLError(1, f"[SSL: {alert}] alert")
    assert of_error(error, has_certificate=True)[1].startswith("the listener does not accept the certificate of the")
