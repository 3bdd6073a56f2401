"""Hosts and origins are compared as HTTP compares them."""

from collections.abc import Callable

import pytest
from conftest import HOST, ORIGIN, PING, Running

from quilt_mcp_server.transport.host_header import Origins, host_form, origin_form


@pytest.mark.parametrize(
    ("host", "status"),
    [
        (HOST, 200),
        ("Demo.QuiltData.com", 200),
        (f"{HOST.upper()}:443", 200),
        (f"{HOST}:80", 200),
        (f"{HOST}:8443", 200),
        (f"{HOST}.", 421),
        (f"x{HOST}", 421),
        (f"{HOST}:443:443", 400),
        ("[::1]", 421),
        ("[::443]", 421),
    ],
)
def test_hosts_ignore_case_and_default_ports(server: Running, host: str, status: int) -> None:
    assert server.post(PING, Host=host).status_code == status


@pytest.mark.parametrize(
    ("configured", "host", "status"),
    [
        ("a.example:443", "A.example", 200),
        ("a.example:8443", "a.example:8443", 200),
        ("a.example:8443", "a.example", 421),
        ("a.example:8443", "a.example:8444", 421),
        ("a.example:*", "a.example", 200),
        ("A.Example:*", "a.example:99", 200),
    ],
)
def test_a_configured_port(serve: Callable[..., Running], configured: str, host: str, status: int) -> None:
    assert serve(QUILT_MCP_ALLOWED_HOSTS=configured).post(PING, Host=host).status_code == status


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        (ORIGIN, 200),
        (ORIGIN.upper(), 200),
        (f"{ORIGIN}:443", 200),
        (f"{ORIGIN}:80", 403),
        (f"{ORIGIN}:8443", 403),
        (f"https://{HOST.upper()}", 200),
        (f"{ORIGIN}/", 403),
        ("null", 403),
        ("app://desktop", 403),
    ],
)
def test_origins_ignore_case_and_default_ports(server: Running, origin: str, status: int) -> None:
    response = server.post(PING, Origin=origin)
    assert response.status_code == status
    assert response.headers.get("access-control-allow-origin") == (origin if status == 200 else None)


DESKTOP = "app://obsidian.md, vscode-webview://*,tauri://localhost,cursor://"


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("app://obsidian.md", 200),
        ("APP://Obsidian.md", 200),
        ("app://other", 403),
        ("vscode-webview://1f2e3d4c5b6a", 200),
        ("vscode-webview://1f2e3d4c5b6a/x", 403),
        ("vscode-webview://a,https://evil.example", 403),
        ("vscode-webview2://a", 403),
        ("tauri://localhost", 200),
        ("cursor://any", 200),
        ("cursor://", 200),
        ("https://vscode-webview", 403),
        ("null", 403),
    ],
)
def test_origins_of_desktop_clients(serve: Callable[..., Running], origin: str, status: int) -> None:
    server = serve(QUILT_MCP_ALLOWED_ORIGINS=DESKTOP)
    assert server.post(PING, Origin=origin).status_code == status
    asked = {"Host": HOST, "Origin": origin, "Access-Control-Request-Method": "POST"}
    assert server.http.options("/mcp", headers=asked).status_code == (200 if status == 200 else 400)


ADDED = [
    "cache-control",
    "traceparent",
    "tracestate",
    "baggage",
    "sentry-trace",
    "x-datadog-trace-id",
    "x-datadog-parent-id",
    "x-datadog-origin",
    "x-datadog-sampling-priority",
    "x-debug",
    "x-b3-traceid",
]


@pytest.mark.parametrize("private", [False, True])
def test_what_frontends_add_passes_a_preflight(server: Running, private: bool) -> None:
    headers = {
        "Host": HOST,
        "Origin": ORIGIN,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": ",".join(["authorization", *ADDED, "bad name", "x\ty"]),
    } | ({"Access-Control-Request-Private-Network": "true"} if private else {})
    response = server.http.options("/mcp", headers=headers)
    assert response.status_code == 200
    allowed = {name.strip() for name in response.headers["access-control-allow-headers"].split(",")}
    assert {"authorization", "content-type", "mcp-protocol-version", *ADDED} <= allowed
    assert not any(" " in name or "\t" in name for name in allowed)
    assert response.headers.get("access-control-allow-private-network") == ("true" if private else None)


def test_a_foreign_origin_is_not_let_into_a_private_network(server: Running) -> None:
    headers = {"Host": HOST, "Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    response = server.http.options("/mcp", headers=headers | {"Access-Control-Request-Private-Network": "true"})
    assert response.status_code == 400 and "access-control-allow-origin" not in response.headers


def test_a_request_with_tracing_headers_is_served(server: Running) -> None:
    response = server.post(PING, Origin=ORIGIN, **{name.replace("-", "_"): "1" for name in ADDED})
    assert response.status_code == 200


def test_forms() -> None:
    assert host_form("A.Example:443") == host_form("a.example:80") == "a.example"
    assert host_form("[::1]:443") == "[::1]" and host_form("[::80]") == "[::80]"
    assert origin_form("HTTPS://A:443") == "https://a" and origin_form("http://a:443") == "http://a:443"
    assert "null" not in Origins(["null"]) and "https://a@b" not in Origins(["https://a@b"])
