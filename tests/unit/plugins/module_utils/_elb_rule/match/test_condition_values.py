"""The characters of condition values, and what was probably meant by others."""

from __future__ import annotations

import pytest
from ansible_collections.quilt.mcp_server.plugins.module_utils._elb_rule.match.condition_values import (
    host_problems,
    path_problems,
    value_problems,
)
from ansible_collections.quilt.mcp_server.plugins.module_utils._elb_rule.match.conditions import from_task


@pytest.mark.parametrize("host", ["demo.quiltdata.com", "*.quiltdata.com", "demo-?.Quilt.com", "xn--bro-hoa.quilt.de"])
def test_hosts_that_aws_takes(host: str) -> None:
    assert list(host_problems(host)) == []


@pytest.mark.parametrize(
    ("host", "remedy"),
    [
        ("https://demo.quiltdata.com:443/mcp", "write the host alone, without https://: demo.quiltdata.com"),
        ("demo.quiltdata.com:8443", "write demo.quiltdata.com: the listener has the port"),
        ("demo.quiltdata.com/mcp", "write the host alone: a path is a condition of its own, path-pattern"),
        ("büro.quilt.de", "write it as DNS does: xn--bro-hoa.quilt.de"),
        ("demo_1.quilt.com", "write it without them"),
        ("demo quilt.com", "write it without them"),
        ("localhost", "write the whole name, such as demo.example.com"),
        ("*", "write the whole name, such as demo.example.com"),
    ],
)
def test_hosts_that_aws_refuses(host: str, remedy: str) -> None:
    assert [problem.remedy for problem in host_problems(host)] == [remedy]


@pytest.mark.parametrize("path", ["/mcp", "/mcp/*", "/a?c", "/~a'b\"c@d:e+f&g$", "/A_b-c.d"])
def test_paths_that_aws_takes(path: str) -> None:
    assert list(path_problems(path)) == []


@pytest.mark.parametrize(
    ("path", "found", "remedy"),
    [
        ("/mcp?token=*", "has =", "a query string is a condition of its own, query-string; the path is /mcp"),
        ("/café", "has é", "write a wildcard in its place, such as /caf*"),
        ("/a b", "has ' '", "write it without them"),
        ("/a%20b", "has %", "write it without them"),
        ("/x=1", "has =", "write it without them"),
    ],
)
def test_paths_that_aws_refuses(path: str, found: str, remedy: str) -> None:
    (problem,) = path_problems(path)
    assert problem.found.endswith(found)
    assert problem.remedy == remedy


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ({"field": "http-request-method", "values": ["get"]}, "write GET"),
        ({"field": "http-header", "http_header_name": "X Y", "values": ["a"]}, "write it without them"),
        ({"field": "http-header", "http_header_name": "X-Y", "values": ["ä"]}, "write it without them"),
        ({"field": "query-string", "values": [{"key": "a", "value": "ü"}]}, "write it without them"),
        ({"field": "query-string", "values": [{"key": "a", "value": "b c=d"}]}, ""),
        ({"field": "http-request-method", "values": ["M-SEARCH"]}, ""),
        ({"field": "source-ip", "values": ["10.0.0.0/8"]}, ""),
        ({"field": "path-pattern", "regex_values": ["^/a=b$"]}, ""),
    ],
)
def test_values_of_other_conditions(condition: dict[str, object], said: str) -> None:
    (parsed,) = from_task([condition])
    assert [problem.remedy for problem in value_problems(parsed)] == ([said] if said else [])
