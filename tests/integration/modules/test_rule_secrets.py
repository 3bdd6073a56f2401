"""No output of any module that reads listener rules has the value of a header or of a query string, anybody's.

Each case sets up rules with secret values, runs a module, and looks for the values in all that the module prints: its
result, its warnings, and the parameters that Ansible prints with them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.quilt.mcp_server.plugins.module_utils._elb.fingerprints import fingerprint

from tests.integration.modules.listener_rule import NAME, Listener, host, path

Document = dict[str, Any]

SECRETS = {
    "header": "Zq7HeaderOfTheCdn",
    "query": "Zq7TokenInTheQuery",
    "other header": "Zq7AnotherHeader",
    "other query": "Zq7AnotherToken",
    "plain query": "Zq7QueryWithoutKey",
}
CDN = {"field": "http-header", "http_header_name": "X-Origin-Verify", "values": [SECRETS["header"]]}
OTHER_CDN = {**CDN, "values": [SECRETS["other header"]]}
WILD = {**CDN, "values": [f"{SECRETS['header']}*"]}
TOKEN = {"field": "query-string", "values": [{"key": "token", "value": SECRETS["query"]}]}
OTHER_TOKEN = {"field": "query-string", "values": [{"key": "token", "value": SECRETS["other query"]}]}
PLAIN = {"field": "query-string", "values": [SECRETS["plain query"]]}
INVOCATION = {"_ansible_inject_invocation": True}  # as every playbook has it: the parameters are in the result
OWNED = {"quilt:rule": NAME}
POST = {"field": "http-request-method", "values": ["POST"]}
DEMO = host("demo.quiltdata.com")
# What a rule with secrets of its own asks for, and what stands around it on the listener.
OWN = [DEMO, path("/mcp"), CDN, TOKEN]


def camel(condition: Document) -> Document:
    """For the API; a query string as a list of pairs."""
    if condition["field"] != "query-string":
        return condition
    pairs = [{"Value": one} if isinstance(one, str) else one for one in condition["values"]]
    return {**condition, "values": [{key.capitalize(): text for key, text in pair.items()} for pair in pairs]}


def foreign(listener: Listener, priority: int, *conditions: Document, **more: Any) -> str:
    return listener.foreign(priority, *map(camel, conditions), **more)


def shows_no_secret(result: Document) -> Document:
    assert "module_args" in result["invocation"]
    printed = json.dumps({name: value for name, value in result.items() if name not in ("calls", "writes")}).lower()
    assert [name for name, value in SECRETS.items() if value.lower() in printed] == []
    return result


@pytest.fixture
def crowded(listener: Listener) -> Listener:
    """A listener on which rules with secrets take parts of what the deployment's rule asks for, ahead and behind."""
    foreign(listener, 20, DEMO, CDN, path("/mcp/*"))
    foreign(listener, 30, DEMO, TOKEN, POST)
    foreign(listener, 40, DEMO, PLAIN)
    foreign(listener, 45, DEMO, WILD, POST)
    foreign(listener, 900, DEMO, OTHER_CDN)
    foreign(listener, 950, DEMO, path("/mcp"), OTHER_TOKEN)
    return listener


def test_the_rule_is_created_changed_and_left_alone(crowded: Listener) -> None:
    predicted = shows_no_secret(crowded.run(**INVOCATION, check=True, conditions=OWN))
    created = shows_no_secret(crowded.run(**INVOCATION, conditions=OWN))
    assert created["changed"] and predicted["placement"]["priority"] == created["priority"]
    assert created["overlaps"] and fingerprint(SECRETS["header"]) in json.dumps(created["rule"]["conditions"])
    assert crowded.own()["Conditions"][2]["HttpHeaderConfig"]["Values"] == [SECRETS["header"]]

    again = shows_no_secret(crowded.run(**INVOCATION, conditions=OWN))
    assert (again["changed"], again["writes"]) == (False, [])
    recased = [DEMO, path("/mcp"), {**CDN, "values": [SECRETS["header"].upper()]}, TOKEN]
    assert not shows_no_secret(crowded.run(**INVOCATION, conditions=recased))["changed"]

    for conditions in ([DEMO, path("/mcp"), OTHER_CDN, TOKEN], [DEMO, path("/mcp"), OTHER_CDN, OTHER_TOKEN]):
        for check in (True, False):
            result = shows_no_secret(crowded.run(**INVOCATION, check=check, conditions=conditions))
            assert result["changed"] and result["diff"]["before"] != result["diff"]["after"]
            assert result["writes"] == ([] if check else ["ModifyRule"])
        assert not shows_no_secret(crowded.run(**INVOCATION, conditions=conditions))["changed"]
    shows_no_secret(crowded.run(**INVOCATION, state="absent", conditions=OWN))


def test_a_value_is_rotated_through_a_rule_that_takes_both(crowded: Listener) -> None:
    steps = [[SECRETS["header"]], [SECRETS["header"], SECRETS["other header"]], [SECRETS["other header"]]]
    for values in steps:
        conditions = [DEMO, path("/mcp"), {**CDN, "values": values}, TOKEN]
        result = shows_no_secret(crowded.run(**INVOCATION, conditions=conditions))
        assert result["changed"] and crowded.own()["Conditions"][2]["HttpHeaderConfig"]["Values"] == values
        assert shows_no_secret(crowded.run(**INVOCATION, conditions=conditions))["writes"] == []


def test_two_secrets_with_one_fingerprint_are_two_values(crowded: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    crowded.run(**INVOCATION, conditions=OWN)
    conditions = "ansible_collections.quilt.mcp_server.plugins.module_utils._elb_rule.match.conditions"
    monkeypatch.setattr(f"{conditions}.fingerprint", lambda _value: "<sha256:000000000000>")
    assert crowded.run(**INVOCATION, conditions=[DEMO, path("/mcp"), OTHER_CDN, TOKEN])["writes"] == ["ModifyRule"]


def nothing_free(listener: Listener) -> Document:
    foreign(listener, 60, DEMO, CDN)
    return {"conditions": OWN}


def taken(listener: Listener) -> Document:
    foreign(listener, 70, DEMO, TOKEN)
    return {"conditions": OWN, "priority": 70}


def ahead(listener: Listener) -> Document:
    foreign(listener, 300, *OWN, POST)
    return {"conditions": OWN, "priority": 50}


def behind(listener: Listener) -> Document:
    foreign(listener, 60, DEMO, CDN)
    return {"conditions": OWN, "priority": 80}


def behind_two(listener: Listener) -> Document:
    foreign(listener, 60, path("/mcp"), CDN)
    foreign(listener, 61, path("/mcp/*"), TOKEN)
    return {"conditions": [path("/mcp", "/mcp/*"), CDN, TOKEN], "priority": 80}


def full_band(listener: Listener) -> Document:
    foreign(listener, 131, DEMO, OTHER_CDN)
    foreign(listener, 132, DEMO, OTHER_TOKEN)
    return {"conditions": OWN, "priority_floor": 131, "priority_ceiling": 132}


def twin(listener: Listener) -> Document:
    foreign(listener, 300, *OWN)
    return {"conditions": OWN}


def owned_twin(listener: Listener) -> Document:
    foreign(listener, 300, *OWN, tags={"quilt:rule": "somebody-else"})
    return {"conditions": OWN, "adopt": True}


def of_another_deployment(listener: Listener) -> Document:
    foreign(listener, 300, *OWN, tags={**OWNED, "quilt:deployment": "other"})
    return {"conditions": OWN, "require_tags": {"quilt:deployment": "this"}}


def two_of_a_name(listener: Listener) -> Document:
    foreign(listener, 110, *OWN, tags=OWNED)
    foreign(listener, 120, DEMO, OTHER_CDN, tags=OWNED)
    return {"conditions": OWN}


def planned(listener: Listener) -> Document:
    foreign(listener, 60, DEMO, CDN)
    return {"conditions": [host("hidden.invalid")], "planned_conditions": OWN}


def wrong_values(listener: Listener) -> Document:
    long = {**CDN, "values": [SECRETS["header"] + "x" * 128]}
    strange = {**CDN, "http_header_name": "X-Two", "values": [SECRETS["other header"] + "é"]}
    return {"conditions": [DEMO, long, strange, {"field": "query-string", "values": [SECRETS["query"] + "é"]}]}


@pytest.mark.parametrize(
    "arrange",
    [
        nothing_free, taken, ahead, behind, behind_two, full_band, twin, owned_twin, of_another_deployment,
        two_of_a_name, planned, wrong_values,
    ],
)  # fmt: skip
def test_a_refusal(listener: Listener, arrange: Callable[[Listener], Document]) -> None:
    result = shows_no_secret(listener.run(**INVOCATION, check=True, **arrange(listener)))
    assert result["failed"] and not result["writes"], result


@pytest.mark.parametrize("arrange", [behind, ahead])
def test_a_warning(listener: Listener, arrange: Callable[[Listener], Document]) -> None:
    result = listener.run(**INVOCATION, **arrange(listener), on_unreachable="warn", on_shadowing="warn")
    assert shows_no_secret(result)["changed"] and result["warnings"]


def test_adoption(listener: Listener) -> None:
    result = shows_no_secret(listener.run(**INVOCATION, **twin(listener), adopt=True))
    assert result["changed"] and "adopted rule" in str(result["warnings"])


@pytest.mark.parametrize(("operation", "conditions"), [("CreateRule", OWN), ("ModifyRule", [DEMO, OTHER_CDN, TOKEN])])
def test_what_aws_says_of_a_value(listener: Listener, operation: str, conditions: list[Document]) -> None:
    if operation == "ModifyRule":
        listener.run(conditions=OWN)
    values = f"{conditions[-2]['values'][0]}' and '{SECRETS['query']}"
    said = f"The 'http-header' value '{values}' contains an invalid character"
    listener.aws.faults.add("elbv2", operation, "error", code="ValidationError", status=400, message=said)
    result = shows_no_secret(listener.run(**INVOCATION, conditions=conditions))
    assert result["failed"] and f"value '{fingerprint(conditions[-2]['values'][0])}' and" in result["msg"], result


def test_a_header_of_digits_is_text(listener: Listener) -> None:
    digits = [{**CDN, "values": [4711]}, {"field": "query-string", "values": [{"key": "v", "value": 2}]}]
    assert listener.run(conditions=digits)["changed"] and not listener.run(conditions=digits)["changed"]
    assert listener.own()["Conditions"][0]["HttpHeaderConfig"]["Values"] == ["4711"]


REQUESTS: list[Document] = [
    {},
    {"headers": {"X-Origin-Verify": SECRETS["header"]}, "path": "/mcp/x"},
    {"headers": {"x-origin-verify": [SECRETS["other header"], "Zq"]}, "query": "token=" + SECRETS["other query"]},
    {"query": f"token={SECRETS['query']}&a=b"},
    {"query": SECRETS["plain query"]},
]


@pytest.mark.parametrize("more", REQUESTS)
def test_explain(crowded: Listener, more: Document) -> None:
    crowded.run(**INVOCATION, conditions=OWN)
    foreign(crowded, 960, DEMO, CDN, path("/mcp/never"), TOKEN)
    asked = {"listener_arn": crowded.arn, "explain": {"host": "demo.quiltdata.com", "path": "/mcp", **more}}
    for parameters in (asked, {"listener_arn": crowded.arn}):
        result = shows_no_secret(crowded.run_module("elb_listener_rule_info", **INVOCATION, **parameters))
        assert result["never_reached"] and fingerprint(SECRETS["header"]) in json.dumps(result["rules"])


def test_what_belongs_to_others(crowded: Listener, tmp_path: Path) -> None:
    file = tmp_path / "snapshot.json"
    result = crowded.run(**INVOCATION, conditions=OWN, require_tags=OWNED, foreign_snapshot=str(file))
    assert shows_no_secret(result)["changed"]
    assert not [name for name, value in SECRETS.items() if value in file.read_text()]
    rule = next(rule for rule in crowded.rules() if rule["Priority"] == "20")
    crowded.elb.modify_rule(
        RuleArn=rule["RuleArn"],
        Conditions=[
            {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "X", "Values": [SECRETS["query"]]}}
        ],
    )
    compared = shows_no_secret(crowded.run_module("assert_foreign_unchanged", **INVOCATION, snapshot=str(file)))
    assert compared["failed"] and fingerprint(SECRETS["query"]) in compared["msg"]


def test_a_stack(client: Callable[[str], Any], run_module: Callable[..., Document]) -> None:
    elb = client("elbv2")
    (balancer,) = elb.describe_load_balancers(Names=["sales-prod-alb"])["LoadBalancers"]
    found = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    arn = next(one["ListenerArn"] for one in found if one["Port"] == 443)
    Listener(elb, run_module, None, balancer["LoadBalancerArn"], arn).foreign(3, camel(TOKEN), camel(CDN))
    shows_no_secret(run_module("stack_info", **INVOCATION, stack_name="sales-prod"))


@pytest.mark.parametrize("value", [fingerprint("x"), {"key": "token", "value": fingerprint("x")}])
def test_a_fingerprint_is_no_value(listener: Listener, value: Any) -> None:
    field: Document = (
        {"field": "query-string"} if isinstance(value, dict) else {"field": "http-header", "http_header_name": "X-Key"}
    )
    result = listener.run(**INVOCATION, conditions=[DEMO, {**field, "values": [value]}])
    assert "is a fingerprint" in result["msg"] and "Remedy: give the value itself" in result["msg"]
    assert not result["calls"]
    asked = {"host": "demo.quiltdata.com", "headers": {"X-Key": fingerprint("x")}}
    explained = listener.run_module("elb_listener_rule_info", listener_arn=listener.arn, explain=asked)
    assert "is a fingerprint" in explained["msg"]


def test_a_rule_as_a_result_shows_it_can_be_given_back_without_headers(listener: Listener) -> None:
    result = listener.run(**INVOCATION)
    assert not listener.run(**INVOCATION, conditions=result["rule"]["conditions"])["changed"]
