"""The balancer's decisions: every row of listener-rule.md's table of comparisons, redirects, transforms, weights."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from sandbox.dataplane.balancer.health import Verdict, accepts
from sandbox.dataplane.balancer.match import Request, first_match, matches
from sandbox.dataplane.balancer.proxy import connection_options, trace_id
from sandbox.dataplane.balancer.rewrite import location, transformed
from sandbox.dataplane.balancer.targets import Targets
from sandbox.emulator.services.elbv2 import health
from sandbox.emulator.services.elbv2.health import Health
from sandbox.emulator.services.elbv2.rules import Rule
from sandbox.testing.elbv2_stack import Document, header, host, method, path, query, source


def regex(condition: Document) -> Document:
    """The condition with its values as regular expressions."""
    name = next(key for key in condition if key.endswith("Config"))
    config = dict(condition[name])
    config["RegexValues"] = config.pop("Values")
    return {**condition, name: config}


@pytest.mark.parametrize(
    ("condition", "request_host", "met"),
    [
        (host("demo.quiltdata.com"), "demo.quiltdata.com", True),
        (host("Demo.QuiltData.com"), "demo.quiltdata.COM", True),
        (host("demo.quiltdata.com"), "demo.quiltdata.com:8443", True),
        (host("*.quiltdata.com"), "demo.quiltdata.com", True),
        (host("*.quiltdata.com"), "a.b.quiltdata.com", True),
        (host("*.quiltdata.com"), "quiltdata.com", False),
        (host("demo?.quiltdata.com"), "demo1.quiltdata.com", True),
        (host("demo?.quiltdata.com"), "demo.quiltdata.com", False),
        (host("demo.quiltdata.com"), "demoxquiltdata.com", False),
        (host("a.x", "b.x"), "b.x", True),
        (host("*"), "[::1]:8443", True),
        (regex(host("^demo[0-9]+\\.")), "DEMO42.quiltdata.com", True),
        (regex(host("^demo[0-9]+\\.")), "demo.quiltdata.com", False),
        ({"Field": "host-header", "Values": ["a.x"]}, "a.x", True),
    ],
)
def test_host(condition: Document, request_host: str, met: bool) -> None:
    assert matches(condition, Request("GET", request_host, "/")) is met


@pytest.mark.parametrize(
    ("condition", "request_path", "met"),
    [
        (path("/mcp"), "/mcp", True),
        (path("/mcp"), "/MCP", False),
        (path("/mcp"), "/mcp/", False),
        (path("/mcp/*"), "/mcp", False),
        (path("/mcp/*"), "/mcp/", True),
        (path("/mcp/*"), "/mcp/a/b/c", True),
        (path("/mcp/*"), "/x/mcp/a", False),
        (path("*"), "/anything/at/all", True),
        (path("/*/c"), "/a/b/c", True),
        (path("/a?c"), "/abc", True),
        (path("/a?c"), "/ac", False),
        (path("/a.c"), "/abc", False),
        (path("/a[bc]"), "/ab", False),
        (path("/a"), "/a%20", False),
        (regex(path("^/v[0-9]+/")), "/v12/x", True),
        (regex(path("^/v[0-9]+/")), "/V12/x", False),
        ({"Field": "path-pattern", "Values": ["/a"]}, "/a", True),
    ],
)
def test_path(condition: Document, request_path: str, met: bool) -> None:
    assert matches(condition, Request("GET", "h", request_path, "q=/mcp")) is met


@pytest.mark.parametrize(
    ("condition", "headers", "met"),
    [
        (header("X-Env", "prod*"), [("x-env", "PRODuction")], True),
        (header("X-Env", "prod"), [("x-env", "production")], False),
        (header("X-Env", "b"), [("x-env", "a"), ("X-ENV", "b")], True),
        (header("X-Env", "*"), [], False),
        (header("X-E*", "*"), [("x-env", "a")], False),
        (regex(header("X-Env", "^p.+d$")), [("x-env", "Prod")], True),
    ],
)
def test_header(condition: Document, headers: list[tuple[str, str]], met: bool) -> None:
    assert matches(condition, Request("GET", "h", "/", headers=tuple(headers))) is met


@pytest.mark.parametrize(
    ("condition", "request_method", "met"),
    [(method("GET", "HEAD"), "HEAD", True), (method("GET"), "get", False), (method("GE"), "GET", False)],
)
def test_method(condition: Document, request_method: str, met: bool) -> None:
    assert matches(condition, Request(request_method, "h", "/")) is met


@pytest.mark.parametrize(
    ("condition", "text", "met"),
    [
        (query(("version", "v1")), "version=v1", True),
        (query(("version", "v1")), "a=b&VERSION=V1", True),
        (query(("version", "v1")), "version=v12", False),
        (query(("version", "v*")), "version=v12", True),
        (query(("", "v1")), "any=v1", True),
        (query(("", "v1")), "v1=any", False),
        (query(("a", "1"), ("b", "2")), "b=2", True),
        (query(("", "*")), "", False),
        (query(("a", r"\*")), "a=*", True),
        (query(("a", r"\*")), "a=b", False),
        (query(("a", r"b\?c")), "a=b?c", True),
        (query(("a", r"b\?c")), "a=bxc", False),
        (query(("a", "*=*")), "a=b=c", True),
    ],
)
def test_query(condition: Document, text: str, met: bool) -> None:
    assert matches(condition, Request("GET", "h", "/", text)) is met


@pytest.mark.parametrize(
    ("condition", "address", "met"),
    [
        (source("10.0.0.0/8"), "10.1.2.3", True),
        (source("10.0.0.0/8"), "11.1.2.3", False),
        (source("10.0.0.1/32", "2001:db8::/32"), "2001:db8::1", True),
        (source("0.0.0.0/0"), "2001:db8::1", False),
    ],
)
def test_source_ip_is_that_of_the_connection(condition: Document, address: str, met: bool) -> None:
    request = Request("GET", "h", "/", headers=(("x-forwarded-for", "10.9.9.9"),), source_ip=address)
    assert matches(condition, request) is met


def test_all_conditions_must_be_met_and_the_first_rule_wins() -> None:
    rules = [
        Rule("l", 1, [host("a.x"), path("/a")], []),
        Rule("l", 2, [path("/a")], []),
        Rule("l", "default", [], []),
    ]
    assert first_match(rules, Request("GET", "a.x", "/a")) is rules[0]
    assert first_match(rules, Request("GET", "b.x", "/a")) is rules[1]
    assert first_match(rules, Request("GET", "a.x", "/b")) is rules[2]
    assert first_match(rules[:2], Request("GET", "a.x", "/b")) is None


@pytest.mark.parametrize(
    ("changes", "url"),
    [
        ({"Protocol": "HTTPS", "Port": "443"}, "https://demo.x:443/a/b?q=1"),
        ({"Host": "new.#{host}"}, "https://new.demo.x:443/a/b?q=1"),
        ({"Path": "/new/#{path}", "Query": ""}, "https://demo.x:443/new/a/b"),
        ({"Query": "#{query}&from=#{port}"}, "https://demo.x:443/a/b?q=1&from=443"),
        ({"Path": "/#{unknown}"}, "https://demo.x:443/#{unknown}?q=1"),
    ],
)
def test_redirect(changes: dict[str, str], url: str) -> None:
    defaults = {
        "Protocol": "#{protocol}",
        "Host": "#{host}",
        "Port": "#{port}",
        "Path": "/#{path}",
        "Query": "#{query}",
    }
    request = Request("GET", "demo.x:8443", "/a/b", "q=1")
    assert location(defaults | changes, request, "HTTPS", 443) == url


def test_transforms() -> None:
    def url(pattern: str, replace: str) -> list[Document]:
        rewrite = {"Regex": pattern, "Replace": replace}
        return [{"Type": "url-rewrite", "UrlRewriteConfig": {"Rewrites": [rewrite]}}]

    request = Request("GET", "a.x", "/v1/a", "q=1")
    seen = transformed(url("^/v1/(.*)", "/v2/$1"), request)
    assert (seen.path, seen.query, seen.host) == ("/v2/a", "q=1", "a.x")
    assert transformed(url("^/nothing", "/"), request) == request
    assert transformed(url(r"/a\?q=(\d)", r"/b\1?z=$1"), request).query == "z=1"
    name = {"Regex": "^a", "Replace": "b"}
    transform = {"Type": "host-header-rewrite", "HostHeaderRewriteConfig": {"Rewrites": [name]}}
    assert transformed([transform], request).host == "b.x"


def test_weights_are_kept_exactly_and_zero_gets_nothing() -> None:
    targets = Targets()
    weighed = [("a", 3), ("b", 1), ("c", 0)]
    config: dict[str, Any] = {"TargetGroups": [{"TargetGroupArn": arn, "Weight": weight} for arn, weight in weighed]}
    assert Counter(targets.group("rule", config) for _ in range(8)) == {"a": 6, "b": 2}
    nothing: dict[str, Any] = {"TargetGroups": [{"TargetGroupArn": "a", "Weight": 0}]}
    assert targets.group("rule", nothing) is None


@pytest.mark.parametrize(
    ("start", "results", "expected"),
    [
        pytest.param(None, [health.HEALTHY], "healthy", id="a new target is healthy after one check"),
        pytest.param(None, [health.FAILED], "initial", id="one failure is not enough"),
        pytest.param(None, [health.FAILED, health.FAILED], "initial", id="two are not either"),
        pytest.param(None, [health.FAILED] * 3, "unhealthy", id="three in a row are"),
        pytest.param(health.HEALTHY, [health.FAILED, health.HEALTHY] * 3, "healthy", id="not in a row"),
        pytest.param(health.FAILED, [health.HEALTHY], "unhealthy", id="back takes more than one"),
        pytest.param(health.FAILED, [health.HEALTHY] * 2, "healthy", id="back after two in a row"),
        pytest.param(health.FAILED, [health.HEALTHY, health.TIMEOUT, health.HEALTHY], "unhealthy", id="interrupted"),
    ],
)
def test_thresholds(start: Health | None, results: list[Health], expected: str) -> None:
    verdict, current = Verdict(), start
    for result in results:
        current = verdict.after(current, result, healthy_threshold=2, unhealthy_threshold=3)
    assert current is not None
    assert current.state == expected


def test_an_unhealthy_target_has_its_newest_reason() -> None:
    verdict = Verdict()
    now = verdict.after(health.HEALTHY, health.FAILED, 2, 1)
    assert verdict.after(now, health.mismatch(500), 2, 1).reason == "Target.ResponseCodeMismatch"


@pytest.mark.parametrize(
    ("matcher", "status", "met"),
    [
        ("200", 200, True),
        ("200", 201, False),
        ("200,202", 202, True),
        ("200-299,301", 250, True),
        ("200-299", 300, False),
    ],
)
def test_matcher(matcher: str, status: int, met: bool) -> None:
    assert accepts(matcher, status) is met


def test_trace_ids() -> None:
    assert trace_id("").startswith("Root=1-")
    kept = trace_id("Root=1-67891233-abcdef012345678912345678;CalledFrom=app;Self=1-old")
    assert kept.startswith("Self=1-")
    assert kept.endswith(";Root=1-67891233-abcdef012345678912345678;CalledFrom=app")
    assert trace_id("CalledFrom=app").endswith(";CalledFrom=app")


def test_headers_named_by_connection() -> None:
    assert connection_options([(b"Connection", b"close, X-Mine")]) == {b"close", b"x-mine"}
