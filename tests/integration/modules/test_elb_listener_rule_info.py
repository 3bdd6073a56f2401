"""elb_listener_rule_info against the seeded stack sales-prod, whose catalog takes all of demo.quiltdata.com at 500."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from ansible_collections.quilt.mcp_server.plugins.module_utils._elb.fingerprints import fingerprint

Document = dict[str, Any]
BALANCER = {"load_balancer": "sales-prod-alb", "port": 443}


@pytest.fixture
def ask(run_module: Callable[..., Document]) -> Callable[..., Document]:
    def run(**parameters: Any) -> Document:
        result = run_module(
            "elb_listener_rule_info", **{k: v for k, v in {**BALANCER, **parameters}.items() if v is not None}
        )
        assert not result["writes"] and not result.get("changed")
        return result

    return run


@pytest.fixture
def route(run_module: Callable[..., Document]) -> Callable[..., Document]:
    def run(name: str, *conditions: Document, **parameters: Any) -> Document:
        action = {"type": "fixed-response", "fixed_response_config": {"status_code": "200"}}
        given = {"name": name, "conditions": list(conditions), "actions": [action], **BALANCER, **parameters}
        return run_module("elb_listener_rule", **given)

    return run


MCP = [
    {"field": "host-header", "values": ["demo.quiltdata.com"]},
    {"field": "path-pattern", "values": ["/mcp", "/mcp/*"]},
]


def test_the_rules_in_order(ask: Callable[..., Document], route: Callable[..., Document]) -> None:
    own = route("mcp", *MCP)
    result = ask()
    priorities = [rule["priority"] for rule in result["rules"]]
    assert priorities == [*sorted(priorities[:-1]), "default"] and result["never_reached"] == []
    (only,) = ask(name="mcp")["rules"]
    assert only["rule_arn"] == own["rule_arn"] and only["tags"]["quilt:rule"] == "mcp"
    assert only["conditions"] == own["rule"]["conditions"]


def test_which_rule_answers(ask: Callable[..., Document], route: Callable[..., Document]) -> None:
    before = ask(explain={"host": "demo.quiltdata.com", "path": "/mcp"})["explanation"]
    assert before["rule"]["priority"] == 500 and before["certain"]
    own = route("mcp", *MCP)
    after = ask(explain={"host": "Demo.Quiltdata.com:443", "path": "/mcp", "method": "POST"})["explanation"]
    assert after["rule"]["rule_arn"] == own["rule_arn"] and own["rule_arn"] in after["text"]
    passed = {one["priority"]: one["because"] for one in after["passed_over"]}
    assert passed[100] == ["path-pattern /api/*, /oauth2/* does not hold: the path is /mcp"]
    assert "the host is demo.quiltdata.com" in passed[10][0]
    nobody = ask(explain={"host": "elsewhere.example.com"})["explanation"]
    assert nobody["rule"]["priority"] == "default"


def test_every_kind_of_condition_is_explained(ask: Callable[..., Document], route: Callable[..., Document]) -> None:
    conditions = [
        {"field": "http-header", "http_header_name": "X-Team", "values": ["mcp*"]},
        {"field": "query-string", "values": [{"key": "v", "value": "1"}]},
        {"field": "source-ip", "values": ["10.0.0.0/8"]},
        {"field": "http-request-method", "values": ["POST"]},
    ]
    own = route("all", *conditions, priority=1)
    request = {
        "host": "demo.quiltdata.com",
        "method": "POST",
        "headers": {"x-team": ["other", "MCP-1"]},
        "query": "?a=b&v=1",
        "source_ip": "10.1.2.3",
    }
    assert ask(explain=request)["explanation"]["rule"]["rule_arn"] == own["rule_arn"]
    for name, value, says in [
        ("headers", {"x-team": "other"}, f"the header is {fingerprint('other')}"),
        ("query", "v=2", f"the query is v={fingerprint('2')}"),
        ("source_ip", "11.0.0.1", "the source address is 11.0.0.1"),
        ("method", "GET", "the method is GET"),
        ("source_ip", None, "not given"),
    ]:
        other = {key: item for key, item in {**request, name: value}.items() if item is not None}
        explanation = ask(explain=other)["explanation"]
        assert explanation["passed_over"][0]["rule_arn"] == own["rule_arn"]
        assert says in explanation["passed_over"][0]["because"][0]


def test_rules_that_nobody_reaches(ask: Callable[..., Document], route: Callable[..., Document]) -> None:
    unreachable = route("late", *MCP, priority=700, on_unreachable="warn")
    (found,) = ask()["never_reached"]
    assert found["rule_arn"] == unreachable["rule_arn"] and [rule["priority"] for rule in found["because_of"]] == [500]
    assert "takes them all" in found["why"]


def test_a_regex_makes_the_answer_uncertain(ask: Callable[..., Document], route: Callable[..., Document]) -> None:
    route("regex", {"field": "path-pattern", "regex_values": ["^/m"]}, priority=1)
    explanation = ask(explain={"host": "demo.quiltdata.com", "path": "/api/x"})["explanation"]
    assert explanation["rule"]["priority"] == 100 and not explanation["certain"]
    assert "cannot be decided for certain" in explanation["passed_over"][0]["because"][0]


def test_bad_input(ask: Callable[..., Document]) -> None:
    assert "no listener on port 8443" in ask(port=8443)["msg"]
    arn = "arn:aws:elasticloadbalancing:us-east-1:850787717197:listener/app/none/0/1"
    assert ask(listener_arn=arn, load_balancer=None, port=None)["arns"] == [arn]


def examples(module: str) -> list[Document]:
    """The tasks of a module's documentation, with two real target groups in place of its variables."""
    documented = importlib.import_module(f"ansible_collections.quilt.mcp_server.plugins.modules.{module}").EXAMPLES
    return [next(value for key, value in task.items() if "." in key) for task in yaml.safe_load(documented)]


def test_the_documented_examples_run(
    run_module: Callable[..., Document], ask: Callable[..., Document], client: Callable[[str], Any]
) -> None:
    elb = client("elbv2")
    vpc = elb.describe_load_balancers(Names=["sales-prod-alb"])["LoadBalancers"][0]["VpcId"]
    made = [elb.create_target_group(Name=n, Protocol="HTTP", Port=8000, VpcId=vpc) for n in ("blue", "green")]
    blue, green = (one["TargetGroups"][0]["TargetGroupArn"] for one in made)
    variables = {"target_group.target_group.target_group_arn": blue, "blue_arn": blue, "green_arn": green}

    def filled(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: filled(item) for key, item in value.items()}
        if isinstance(value, list):
            return [filled(item) for item in value]
        return variables.get(str(value).strip("{} "), value)

    tasks = [filled(task) for task in examples("elb_listener_rule")]
    assert len(tasks) == 4
    for task in tasks:
        result = run_module("elb_listener_rule", **task)
        assert result.get("changed"), result
        assert not run_module("elb_listener_rule", **task)["changed"]
    for task in examples("elb_listener_rule_info"):
        assert ask(**task)["never_reached"] == []
