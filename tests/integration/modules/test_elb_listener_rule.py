"""The acceptance cases of elb_listener_rule, each against the corrected elbv2 over HTTP. Numbers are the cases'."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import botocore.client
import botocore.model
import pytest

from tests.integration.modules.listener_rule import (
    COGNITO,
    FIXED,
    JWT,
    MCP,
    NAME,
    OIDC,
    OIDC_CONFIG,
    REDIRECT,
    Document,
    Listener,
    fixed,
    forward,
    host,
    path,
    rewrite,
)


def test_01_a_second_run_changes_and_writes_nothing(listener: Listener) -> None:
    first = listener.run(tags={"team": "mcp"})
    assert first["changed"] and first["priority"] == 100 and first["writes"] == ["CreateRule"], first
    assert first["rule"]["tags"] == {"quilt:rule": NAME, "team": "mcp"}
    second = listener.run(tags={"team": "mcp"})
    assert not second["changed"] and second["writes"] == []
    assert [call.operation for call in second["calls"]] == ["DescribeRules", "DescribeTags"]
    assert second["rule_arn"] == first["rule_arn"] and second["diff"]["before"] == second["diff"]["after"]


# The rule is compared by meaning (2 to 7)


@pytest.mark.parametrize(
    "conditions",
    [
        [path("/mcp", "/mcp/*"), host("demo.quiltdata.com")],
        [host("demo.quiltdata.com"), path("/mcp/*", "/mcp", "/mcp/*")],
        [*MCP, MCP[0]],
        [host("DEMO.Quiltdata.com"), path("/mcp", "/mcp/*")],
        [{"field": "host-header", "host_header_config": {"values": ["demo.quiltdata.com"]}}, MCP[1]],
        [MCP[0], {**MCP[1], "path_pattern_config": {"values": ["/mcp", "/mcp/*"]}}],
    ],
    ids=[
        "02-reordered",
        "02-duplicated-value",
        "02-duplicated-condition",
        "03-host-case",
        "04-config",
        "04-both-forms",
    ],
)
def test_02_to_04_the_same_conditions_spelled_differently(listener: Listener, conditions: list[Document]) -> None:
    listener.run()
    again = listener.run(conditions=conditions)
    assert not again["changed"] and not again["writes"], again["diff"]


def test_02_to_04_what_is_returned_can_be_given_back(listener: Listener) -> None:
    rule = listener.run()["rule"]
    assert {"values", "path_pattern_config"} <= set(rule["conditions"][1])  # the doubled echo
    again = listener.run(conditions=rule["conditions"], actions=rule["actions"])
    assert not again.get("failed") and not again["changed"], again


def test_03_path_case_differs(listener: Listener) -> None:
    arn = listener.run()["rule_arn"]
    again = listener.run(conditions=[MCP[0], path("/MCP", "/mcp/*")])
    assert again["changed"] and again["writes"] == ["ModifyRule"] and again["rule_arn"] == arn


def test_04_one_form_is_sent(listener: Listener) -> None:
    conditions: list[Document] = [
        {"field": "http-header", "http_header_name": "X-Team", "values": ["Mcp*"]},
        {"field": "query-string", "values": [{"key": "V", "value": "1"}, {"value": "a*"}]},
        {"field": "source-ip", "values": ["10.0.0.7/8"]},
    ]
    first = listener.run(conditions=conditions)
    assert not first.get("failed"), first
    again = listener.run(conditions=[*reversed(conditions)])
    assert not again["changed"], again["diff"]
    again = listener.run(
        conditions=[{**conditions[0], "http_header_name": "x-team", "values": ["MCP*"]}, *conditions[1:]]
    )
    assert not again["changed"], again["diff"]


def test_05_one_group_in_either_form(listener: Listener) -> None:
    group = listener.group("one")
    listener.run(actions=[{"type": "forward", "target_group_arn": group}])
    for same in (forward(group), forward((group, 7)), forward(group, stickiness={"enabled": False})):
        again = listener.run(actions=[same])
        assert not again["changed"], again["diff"]


def test_06_defaults_may_be_left_out_or_given(listener: Listener) -> None:
    listener.run(actions=[REDIRECT])
    full = {"protocol": "#{protocol}", "port": "#{port}", "host": "#{host}", "query": "#{query}"}
    again = listener.run(actions=[{**REDIRECT, "order": 1, "redirect_config": {**REDIRECT["redirect_config"], **full}}])
    assert not again["changed"], again["diff"]
    changed = listener.run(actions=[{**REDIRECT, "redirect_config": {**REDIRECT["redirect_config"], "query": ""}}])
    assert changed["changed"] and changed["rule"]["actions"][0]["redirect_config"]["query"] == ""
    listener.run(actions=[OIDC, fixed()])
    config = {**OIDC_CONFIG, "session_timeout": 604800, "scope": "openid", "on_unauthenticated_request": "authenticate"}
    ordered = [{**fixed(), "order": 2}, {"type": "authenticate-oidc", "order": 1, "authenticate_oidc_config": config}]
    again = listener.run(actions=ordered)
    assert not again["changed"], again["diff"]


def test_07_a_condition_is_dropped(listener: Listener) -> None:
    listener.run()
    again = listener.run(conditions=[MCP[1]])
    assert again["changed"] and again["writes"] == ["ModifyRule"]
    assert [condition["Field"] for condition in listener.own()["Conditions"]] == ["path-pattern"]


# The search (8 to 19)


@pytest.mark.parametrize(
    ("taken", "expected"),
    [((100, 101), 102), ((100, 102), 101), ((50_000,), 100), ((99, 100), 101)],
    ids=["08", "09", "10", "below-the-floor-is-not-asked"],
)
def test_08_to_10_the_lowest_free_number(listener: Listener, taken: tuple[int, ...], expected: int) -> None:
    for number in taken:
        listener.foreign(number, host(f"h{number}.quiltdata.com"))
    assert listener.run()["priority"] == expected


def test_11_a_full_band_fails_before_any_write(listener: Listener) -> None:
    for number in (100, 101, 102):
        listener.foreign(number, host(f"h{number}.quiltdata.com"))
    result = listener.run(priority_ceiling=102)
    assert result["failed"] and not result["writes"]
    assert "window 1..50000, band 100..102" in result["msg"] and "priority_ceiling" in result["msg"]
    assert listener.run(priority_ceiling=103)["priority"] == 103


@pytest.mark.parametrize("catch_all", [host("*.quiltdata.com"), path("/*"), host("demo.quiltdata.com")])
def test_12_and_14_ahead_of_a_catch_all(listener: Listener, catch_all: Document) -> None:
    listener.foreign(200, catch_all)
    for number in range(100, 103):
        listener.foreign(number, host(f"h{number}.quiltdata.com"))
    result = listener.run()
    assert result["priority"] == 103 and result["placement"]["before"]["priority"] == 200


@pytest.mark.parametrize("catch_all", [host("*.quiltdata.com"), path("/*")], ids=["14", "13"])
def test_13_a_catch_all_below_the_floor(listener: Listener, catch_all: Document) -> None:
    arn = listener.foreign(50, catch_all)
    result = listener.run()
    assert result["failed"] and not result["writes"]
    assert result["arns"] == [arn]
    for part in ("priority 50", "https://demo.quiltdata.com/mcp", "allow_below_floor=true, which takes 49"):
        assert part in result["msg"], result["msg"]
    below = listener.run(check=True, allow_below_floor=True)
    assert below["priority"] == 49 and below["placement"]["predicted"]
    dead = listener.run(on_unreachable="warn")
    assert dead["priority"] == 100 and any(arn in warning for warning in dead["warnings"])
    again = listener.run(on_unreachable="warn")
    assert not again["changed"] and any(arn in warning for warning in again["warnings"])
    moved = listener.run(allow_below_floor=True)
    assert moved["priority"] == 49 and moved["writes"] == ["SetRulePriorities"]
    assert not listener.run()["changed"]


def test_15_behind_a_narrower_rule(listener: Listener) -> None:
    listener.foreign(500, host("demo.quiltdata.com"), path("/mcp/admin"))
    result = listener.run()
    assert result["priority"] == 501
    after = result["placement"]["after"]
    assert after["priority"] == 500 and after["example_request"] == "GET https://demo.quiltdata.com/mcp/admin"


def test_16_no_gap_between_narrower_and_broader(listener: Listener) -> None:
    narrower = listener.foreign(500, host("demo.quiltdata.com"), path("/mcp/admin"))
    broader = listener.foreign(501, host("demo.quiltdata.com"))
    before = listener.rules()
    result = listener.run()
    assert result["failed"] and not result["writes"] and listener.rules() == before
    assert set(result["arns"]) == {narrower, broader}
    for part in ("window empty", "no gap", "on_unreachable=warn", "on_shadowing=warn"):
        assert part in result["msg"], result["msg"]
    shadowing = listener.run(check=True, on_shadowing="warn")
    assert shadowing["priority"] == 499 and any(narrower in warning for warning in shadowing["warnings"])


def test_16_shadowing_on_purpose_stays_where_it_is_and_is_said_each_time(listener: Listener) -> None:
    narrower = listener.foreign(500, host("demo.quiltdata.com"), path("/mcp/admin"))
    listener.foreign(501, host("demo.quiltdata.com"))
    first = listener.run(on_shadowing="warn")
    assert first["priority"] == 499 and first["writes"] == ["CreateRule"]
    again = listener.run(on_shadowing="warn")
    assert not again["changed"] and again["priority"] == 499
    for result in (first, again):
        (warning,) = (text for text in result["warnings"] if narrower in text)
        assert "leaves that rule no request, for example GET https://demo.quiltdata.com/mcp/admin" in warning
    assert listener.run()["failed"]


def test_17_two_rules_together_cover_mine(listener: Listener) -> None:
    first = listener.foreign(120, path("/mcp"))
    second = listener.foreign(130, path("/mcp/*"))
    listener.foreign(100, host("x.quiltdata.com"))
    result = listener.run(priority_floor=110)
    # behind the first, which it would not kill, or ahead of it: both leave everybody alive
    assert result["priority"] == 110
    result = listener.run(
        name="other", priority_floor=125, conditions=[host("a.quiltdata.com"), path("/mcp", "/mcp/*")]
    )
    assert result["priority"] == 125 and result["placement"]["before"]["rule_arn"] == second
    assert [rule["rule_arn"] for rule in result["placement"]["before"]["together_with"]] == [first]


@pytest.mark.parametrize(
    "limit",
    [
        {"field": "http-request-method", "values": ["POST"]},
        {"field": "http-header", "http_header_name": "X-Beta", "values": ["1"]},
        {"field": "source-ip", "values": ["10.0.0.0/8"]},
    ],
    ids=["method", "header", "address"],
)
def test_18_a_limited_rule_ahead_is_an_overlap(listener: Listener, limit: Document) -> None:
    arn = listener.foreign(50, host("demo.quiltdata.com"), limit)
    result = listener.run()
    assert result["priority"] == 100
    overlap = result["overlaps"][0]
    assert (overlap["rule_arn"], overlap["evaluated"]) == (arn, "earlier")
    assert "https://demo.quiltdata.com/mcp" in overlap["example_request"]


def test_19_a_foreign_regex_cannot_be_decided(listener: Listener) -> None:
    arn = listener.foreign(50, {"field": "path-pattern", "regex_values": ["^/m.*$"]})
    result = listener.run()
    assert result["priority"] == 100
    assert any("cannot decide" in warning and arn in warning for warning in result["warnings"]), result["warnings"]
    listener.foreign(60, {"field": "path-pattern", "regex_values": ["^/x$"]}, host("elsewhere.quiltdata.com"))
    certain = listener.run(name="z", conditions=[host("z.quiltdata.com"), path("/z")], priority=20)
    assert not any("elsewhere" in warning for warning in certain.get("warnings", []))


# Identity (20 to 26)


def test_20_the_same_conditions_of_somebody_else(listener: Listener) -> None:
    arn = listener.foreign(300, *MCP)
    result = listener.run()
    assert result["failed"] and arn in result["arns"] and "adopt=true" in result["msg"] and not result["writes"]
    adopted = listener.run(adopt=True, require_tags={"quilt:deployment": "own"})
    assert adopted["changed"] and adopted["rule_arn"] == arn and adopted["priority"] == 300, adopted
    assert adopted["writes"] == ["AddTags", "ModifyRule"]
    assert not listener.run(adopt=True)["changed"]
    taken = listener.run(name="another", adopt=True)
    assert taken["failed"] and f"quilt:rule={NAME}" in taken["msg"] and not taken["writes"]


@pytest.mark.parametrize(
    "tags",
    [{"quilt:deployment": "theirs"}, {"aws:cloudformation:stack-name": "theirs"}, {"elbv2.k8s.aws/cluster": "theirs"}],
    ids=["deployment", "cloudformation", "kubernetes"],
)
def test_20_a_twin_that_is_marked_as_somebody_elses_is_not_adopted(listener: Listener, tags: Document) -> None:
    arn = listener.foreign(300, *MCP)
    owner = [{"Key": key, "Value": value} for key, value in tags.items()]
    listener.aws.platform("elbv2").add_tags(ResourceArns=[arn], Tags=owner)  # a tag of AWS takes AWS itself
    result = listener.run(adopt=True, require_tags={"quilt:deployment": "own"})
    assert result["failed"] and arn in result["arns"] and "=theirs" in result["msg"] and not result["writes"]
    assert "https://demo.quiltdata.com/mcp" in result["msg"]


def test_a_tag_that_only_aws_may_set_is_refused_before_any_call(listener: Listener) -> None:
    result = listener.run(tags={"Aws:team": "x"}, priority=0)
    assert "the key Aws:team\nReason: keys that begin with aws:" in result["msg"]
    assert "priority is 0\nReason: ELB numbers rules from 1 to 50000" in result["msg"]
    assert result["calls"] == []


def test_20_a_twin_with_tags_that_name_no_owner_is_adopted(listener: Listener) -> None:
    arn = listener.foreign(300, *MCP, tags={"team": "x", "quilt:deployment": "own"})
    result = listener.run(adopt=True, require_tags={"quilt:deployment": "own"})
    assert result["rule_arn"] == arn
    assert result["rule"]["tags"] == {"team": "x", "quilt:deployment": "own", "quilt:rule": NAME}


HIDDEN = [host("not-yet.invalid"), path("/mcp", "/mcp/*")]


def test_conditions_that_are_planned_change_nothing_yet(listener: Listener) -> None:
    made = listener.run(conditions=HIDDEN, planned_conditions=MCP)
    assert made["writes"] == ["CreateRule"]
    assert "not-yet.invalid" in str(listener.own()["Conditions"]) and "demo" not in str(listener.own())
    assert not listener.run(conditions=HIDDEN, planned_conditions=MCP)["changed"]
    assert listener.run(planned_conditions=MCP)["writes"] == ["ModifyRule"]


@pytest.mark.parametrize("adopt", [False, True])
def test_planned_conditions_of_somebody_else_are_refused(listener: Listener, adopt: bool) -> None:
    """Also with adopt: a listener has no two rules with the same conditions, so the planned ones could never be set."""
    arn = listener.foreign(300, *MCP)
    refused = listener.run(conditions=HIDDEN, planned_conditions=MCP, adopt=adopt)
    assert refused["failed"] and not refused["writes"]
    assert arn in refused["arns"] and "delete it, or change the conditions" in refused["msg"]
    assert "adopt=true" not in refused["msg"]


@pytest.mark.parametrize("check", [False, True])
def test_planned_conditions_that_no_request_would_reach_are_refused(listener: Listener, check: bool) -> None:
    listener.foreign(50, host("*.quiltdata.com"))
    hidden = listener.run(conditions=HIDDEN, check=True)
    assert hidden["changed"] and not hidden.get("failed")
    refused = listener.run(conditions=HIDDEN, planned_conditions=MCP, check=check)
    assert refused["failed"] and not refused["writes"] and "allow_below_floor" in refused["msg"]
    taken = listener.run(conditions=HIDDEN, planned_conditions=MCP, check=check, on_unreachable="warn")
    assert taken["changed"]


def test_planned_conditions_are_checked_as_conditions_are(listener: Listener) -> None:
    refused = listener.run(conditions=HIDDEN, planned_conditions=[path("/a"), path("/b")])
    assert refused["failed"] and "planned_conditions: " in refused["msg"] and not refused["calls"]


def test_21_two_rules_with_my_tag(listener: Listener) -> None:
    arns = [listener.foreign(number, path(f"/{number}"), tags={"quilt:rule": NAME}) for number in (110, 120)]
    for state in ("present", "absent"):
        result = listener.run(state=state, check=True)
        assert result["failed"] and result["arns"] == arns


def test_22_conditions_change_in_place(listener: Listener) -> None:
    arn = listener.run()["rule_arn"]
    result = listener.run(conditions=[host("new.quiltdata.com")])
    assert result["changed"] and result["rule_arn"] == arn and result["writes"] == ["ModifyRule"]
    assert result["diff"]["before"]["conditions"] != result["diff"]["after"]["conditions"]


def test_23_moved_by_hand_and_kept(listener: Listener) -> None:
    arn = listener.run()["rule_arn"]
    listener.elb.set_rule_priorities(RulePriorities=[{"RuleArn": arn, "Priority": 7}])
    result = listener.run()
    assert not result["changed"] and result["priority"] == 7 and result["placement"]["reason"] == "kept"


def test_24_a_new_catch_all_ahead(listener: Listener) -> None:
    arn = listener.run(priority=300)["rule_arn"]
    listener.foreign(200, host("*.quiltdata.com"))
    foreign = [rule for rule in listener.rules() if rule["RuleArn"] != arn]
    result = listener.run()
    assert result["writes"] == ["SetRulePriorities"] and result["priority"] == 100 and result["rule_arn"] == arn
    assert [rule for rule in listener.rules() if rule["RuleArn"] != arn] == foreign
    listener.foreign(1, path("/*"))
    result = listener.run()
    assert result["failed"] and not result["writes"]


def test_25_a_pinned_priority(listener: Listener) -> None:
    listener.run()
    moved = listener.run(priority=40)
    assert moved["writes"] == ["SetRulePriorities"] and moved["priority"] == 40
    arn = listener.foreign(41, path("/other"))
    result = listener.run(priority=41)
    assert result["failed"] and arn in result["arns"] and "/other" in result["msg"] and not result["writes"]


def test_26_pinned_where_nothing_arrives(listener: Listener) -> None:
    arn = listener.foreign(50, path("/*"))
    result = listener.run(priority=60)
    assert (
        result["failed"] and arn in result["arns"] and "on_unreachable=warn" in result["msg"] and not result["writes"]
    )
    result = listener.run(priority=60, on_unreachable="warn")
    assert result["priority"] == 60 and any(arn in warning for warning in result["warnings"])
    listener.foreign(70, host("demo.quiltdata.com"), path("/mcp/x"))
    assert not listener.run(priority=60, on_unreachable="warn")["changed"]


# What a write meets (27 to 32): races and lost replies are in test_elb_listener_rule_races.py


def test_32_conditions_and_priority_change_in_the_safe_order(listener: Listener) -> None:
    listener.run(conditions=[path("/a")], priority=200)
    listener.foreign(100, path("/b"))
    # At 50 the new conditions take no requests of others, at 200 they get none: move first.
    result = listener.run(conditions=[path("/a", "/c")], priority=50)
    assert result["writes"] == ["SetRulePriorities", "ModifyRule"]
    # Now from [/a, /c] at 50 to [/b, /d] at 150: modified at 50 it would take /b for a moment; so move first.
    result = listener.run(conditions=[path("/b", "/d")], priority=150)
    assert result["writes"] == ["SetRulePriorities", "ModifyRule"]
    # And back: moved to 50 with [/b, /d] it would take /b; so modify first.
    result = listener.run(conditions=[path("/a")], priority=50)
    assert result["writes"] == ["ModifyRule", "SetRulePriorities"]


# Actions, transforms, tags (33 to 39)


def test_33_forward_becomes_fixed_response(listener: Listener) -> None:
    group = listener.group("one")
    listener.run(actions=[forward(group)])
    result = listener.run()
    assert result["writes"] == ["ModifyRule"]
    assert [action["Type"] for action in listener.own()["Actions"]] == ["fixed-response"]


def test_34_groups_are_a_set(listener: Listener) -> None:
    one, two = listener.group("one"), listener.group("two")
    sticky = {"enabled": True, "duration_seconds": 60}
    listener.run(actions=[forward((one, 1), (two, 9), stickiness=sticky)])
    assert not listener.run(actions=[forward((two, 9), one, stickiness=sticky)])["changed"]
    assert listener.run(actions=[forward((two, 8), one, stickiness=sticky)])["writes"] == ["ModifyRule"]
    assert listener.run(actions=[forward((two, 8), one)])["writes"] == ["ModifyRule"]
    assert not listener.run(actions=[forward((two, 8), one, stickiness={"enabled": False, "duration_seconds": 9})])[
        "changed"
    ]


def test_35_weights_are_left_to_the_deployment(listener: Listener) -> None:
    blue, green, red = (listener.group(name) for name in ("blue", "green", "red"))
    wanted = forward((blue, 100), (green, 0))
    arn = listener.run(actions=[wanted])["rule_arn"]
    shifted = [{"TargetGroupArn": blue, "Weight": 0}, {"TargetGroupArn": green, "Weight": 100}]
    listener.elb.modify_rule(RuleArn=arn, Actions=[{"Type": "forward", "ForwardConfig": {"TargetGroups": shifted}}])
    assert not listener.run(actions=[wanted], delegate_weights=True)["changed"]
    kept = listener.run(actions=[wanted], delegate_weights=True, conditions=[host("new.quiltdata.com")])
    assert kept["writes"] == ["ModifyRule"]
    sticky = forward((blue, 100), (green, 0), stickiness={"enabled": True, "duration_seconds": 5})
    listener.run(actions=[sticky], delegate_weights=True)
    groups = listener.own()["Actions"][0]["ForwardConfig"]["TargetGroups"]
    assert {group["TargetGroupArn"]: group["Weight"] for group in groups} == {blue: 0, green: 100}
    changed = listener.run(actions=[forward((blue, 1), (red, 2))], delegate_weights=True)
    assert changed["changed"]
    groups = listener.own()["Actions"][0]["ForwardConfig"]["TargetGroups"]
    assert {group["TargetGroupArn"]: group["Weight"] for group in groups} == {blue: 1, red: 2}


def test_36_an_oidc_secret(listener: Listener) -> None:
    results = [listener.run(actions=[OIDC, fixed()])]
    results.append(listener.run(actions=[OIDC, fixed()]))
    assert [bool(result["writes"]) for result in results] == [True, False]
    results.append(listener.run(actions=[OIDC, fixed("503")]))  # the existing secret stays in use
    assert results[-1]["writes"] == ["ModifyRule"]
    assert listener.secret() == "s3cr3t-one"
    rotated: Document = {**OIDC, "authenticate_oidc_config": {**OIDC_CONFIG, "client_secret": "s3cr3t-two"}}
    results.append(listener.run(actions=[rotated, fixed("503")]))
    assert not results[-1]["changed"] and listener.secret() == "s3cr3t-one"
    rotated["authenticate_oidc_config"]["client_secret_version"] = "2"
    results.append(listener.run(check=True, actions=[rotated, fixed("503")]))
    assert results[-1]["changed"] and listener.secret() == "s3cr3t-one"
    results.append(listener.run(actions=[rotated, fixed("503")]))
    assert results[-1]["writes"] == ["ModifyRule", "AddTags"] and listener.secret() == "s3cr3t-two"
    results.append(listener.run(actions=[rotated, fixed("503")], tags={}, purge_tags=True))
    assert not results[-1]["changed"]
    without = {key: value for key, value in OIDC_CONFIG.items() if key != "client_secret"}
    bare = [{"type": "authenticate-oidc", "authenticate_oidc_config": without}, fixed("503")]
    results.append(listener.run(actions=bare))
    assert not results[-1]["changed"]
    missing = listener.run(name="new", conditions=[path("/new")], actions=bare)
    assert missing["failed"] and "client_secret" in missing["msg"] and not missing["writes"]
    assert "s3cr3t" not in str([{**result, "invocation": None} for result in results])


@pytest.mark.parametrize("action", [JWT, COGNITO], ids=["jwt", "cognito"])
def test_36_other_authentication_is_idempotent(listener: Listener, action: Document) -> None:
    first = listener.run(actions=[action, fixed()])
    assert not first.get("failed"), first
    again = listener.run(actions=[action, fixed()])
    assert not again["changed"], again["diff"]
    if action is COGNITO:
        config = listener.own()["Actions"][0]["AuthenticateCognitoConfig"]
        assert config["AuthenticationRequestExtraParams"] == {"display_Mode": "page"}


@pytest.mark.parametrize("action", [JWT, COGNITO, OIDC], ids=["jwt", "cognito", "oidc"])
def test_37_authentication_needs_https(listener: Listener, action: Document) -> None:
    plain = listener.elb.create_listener(
        LoadBalancerArn=listener.balancer, Protocol="HTTP", Port=80, DefaultActions=[FIXED]
    )["Listeners"][0]["ListenerArn"]
    result = listener.run(listener_arn=plain, actions=[action, fixed()])
    assert result["failed"] and "HTTPS" in result["msg"] and not result["writes"]


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"conditions": [host("a.b"), host("c.d")]}, "host-header is given 2 times"),
        ({"conditions": [path("/1", "/2", "/3"), host("a.b", "c.d", "e.f")]}, "at most 5"),
        ({"conditions": [host()]}, "no value"),
        ({"conditions": []}, "conditions is empty"),
        ({"actions": []}, "actions is empty"),
        ({"conditions": [{"field": "source-ip", "values": ["10.0.0.0/33"]}]}, "CIDR"),
        ({"conditions": [{"field": "http-header", "values": ["a"]}]}, "http_header_name"),
        ({"conditions": [{**path("/a"), "regex_values": ["b"]}]}, "one of the two"),
        ({"conditions": [{"field": "source-ip", "regex_values": ["1.*"]}]}, "has regex_values"),
        ({"actions": [fixed(), fixed()]}, "the last action"),
        ({"actions": [OIDC]}, "the last action"),
        ({"actions": [OIDC, COGNITO, fixed()]}, "one authentication action"),
        ({"actions": [{"type": "redirect"}]}, "redirect_config"),
        ({"actions": [{"type": "forward"}]}, "forward_config"),
        ({"priority": 50_001}, "1 to 50000"),
        ({"priority_floor": 200, "priority_ceiling": 100}, "above priority_ceiling"),
        ({"listener_arn": "arn:aws:elasticloadbalancing:us-east-1:1:listener/net/n/1/2"}, "Application Load Balancer"),
        ({"conditions": None}, "conditions"),
        ({"conditions": [path("/" + "a" * 128)]}, "128"),
        ({"transforms": [{"type": "url-rewrite"}]}, "url_rewrite_config"),
    ],
)
def test_37_bad_input_is_refused_before_a_write(listener: Listener, parameters: Document, says: str) -> None:
    result = listener.run(**parameters)
    assert result["failed"] and says in result["msg"] and not result["writes"], result["msg"]


def test_37_all_that_is_wrong_is_said_at_once(listener: Listener) -> None:
    result = listener.run(conditions=[host("a.b"), host("c.d"), path()], actions=[OIDC], priority=0)
    for part in ("host-header is given 2 times", "path-pattern has no value", "the last action", "1 to 50000"):
        assert part in result["msg"]
    assert result["calls"] == []


def test_38_transforms_come_and_go(listener: Listener) -> None:
    on_host = {"rewrites": [{"regex": "^(.*)$", "replace": "internal.$1"}]}
    both = [rewrite("^/mcp/(.*)$"), {"type": "host-header-rewrite", "host_header_rewrite_config": on_host}]
    listener.run(transforms=both)
    assert not listener.run(transforms=both[::-1])["changed"]
    assert not listener.run()["changed"]  # unset: left alone
    assert listener.run(transforms=[rewrite("^/(.*)$")])["writes"] == ["ModifyRule"]
    assert listener.run(transforms=[])["writes"] == ["ModifyRule"]
    assert not listener.own().get("Transforms")
    assert not listener.run(transforms=[])["changed"]


@pytest.mark.parametrize(
    ("shape", "member", "parameters", "version"),
    [
        (
            "HostHeaderConditionConfig",
            "RegexValues",
            {"conditions": [{"field": "host-header", "regex_values": ["a"]}]},
            "1.40.53",
        ),
        ("CreateRuleInput", "Transforms", {"transforms": []}, "1.40.53"),
        ("Action", "JwtValidationConfig", {"actions": [JWT, fixed()]}, "1.40.72"),
    ],
)
def test_39_an_old_botocore(
    listener: Listener, monkeypatch: pytest.MonkeyPatch, shape: str, member: str, parameters: Document, version: str
) -> None:
    original = botocore.model.ServiceModel.shape_for

    def old(self: Any, name: str, *more: Any) -> Any:
        found: Any = original(self, name, *more)
        if name == shape:
            found.members.pop(member, None)
        return found

    monkeypatch.setattr(botocore.model.ServiceModel, "shape_for", old)
    result = listener.run(**parameters)
    assert result["failed"] and version in result["msg"] and not result["writes"]


def test_39_a_botocore_without_pages(listener: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(botocore.client.BaseClient, "can_paginate", lambda _self, name: name != "describe_rules")
    result = listener.run()
    assert result["failed"] and "1.35.15" in result["msg"] and not result["writes"]


# Large listeners, finding the listener (40, 41)


def test_40_all_pages_and_chunks(listener: Listener) -> None:
    listener.quota(1000)
    for number in range(410):
        listener.foreign(1000 + number, path(f"/{number}"))
    listener.foreign(49_000, host("demo.quiltdata.com"))  # on the second page
    result = listener.run(priority_floor=1400)
    assert result["priority"] == 1410 and result["placement"]["before"]["priority"] == 49_000
    again = listener.run()
    operations = [call.operation for call in again["calls"]]
    assert not again["changed"] and operations.count("DescribeRules") == 2 and operations.count("DescribeTags") == 21
    assert len(operations) == 23


def test_41_the_listener_by_name_and_port(listener: Listener) -> None:
    for balancer in ("shared", listener.balancer):
        result = listener.run(check=True, listener_arn=None, load_balancer=balancer, port=443)
        assert result["changed"] and result["priority"] == 100
    wrong = listener.run(listener_arn=None, load_balancer="shared", port=8443)
    assert wrong["failed"] and "443 (HTTPS)" in wrong["msg"]
    wrong = listener.run(listener_arn=None, load_balancer="nobody", port=443)
    assert wrong["failed"] and "nobody" in wrong["msg"]
    assert listener.run(load_balancer="shared", port=443)["failed"]
    assert listener.run(listener_arn=None)["failed"]
    assert listener.run(listener_arn=None, load_balancer="shared")["failed"]


def test_41_a_network_load_balancer(listener: Listener, client: Callable[[str], Any]) -> None:
    subnet = client("ec2").describe_subnets()["Subnets"][0]["SubnetId"]
    listener.elb.create_load_balancer(Name="net", Type="network", Subnets=[subnet])
    result = listener.run(listener_arn=None, load_balancer="net", port=443)
    assert result["failed"] and "network" in result["msg"]


def test_41_no_such_listener(listener: Listener) -> None:
    gone = listener.arn[:-4] + "dead"
    result = listener.run(listener_arn=gone)
    assert result["failed"] and result["arns"] == [gone] and not result["writes"]
    assert not listener.run(listener_arn=gone, state="absent")["changed"]


# Absence, check mode, errors, foreign owners (42 to 46)


def test_42_absent(listener: Listener) -> None:
    group = listener.group("shared-group")
    twin = listener.foreign(90, path("/twin"))
    other = listener.foreign(95, path("/other"), Actions=[{"Type": "forward", "TargetGroupArn": group}])
    missing = listener.run(state="absent")
    assert not missing["changed"] and missing["rule"] == {}
    twins = listener.run(state="absent", conditions=[path("/twin")])
    assert not twins["changed"] and any(twin in warning for warning in twins["warnings"])
    arn = listener.run(actions=[forward(group)])["rule_arn"]
    assert listener.run(state="absent", check=True)["changed"] and len(listener.rules()) == 4
    gone = listener.run(state="absent", conditions=None, actions=None)
    assert gone["changed"] and gone["writes"] == ["DeleteRule"] and gone["rule_arn"] == arn
    assert gone["diff"]["after"] == {} and gone["diff"]["before"]["priority"] == 100
    assert {rule["RuleArn"] for rule in listener.rules() if not rule["IsDefault"]} == {twin, other}
    assert listener.elb.describe_target_groups(TargetGroupArns=[group])["TargetGroups"]
    assert not listener.run(state="absent")["changed"]


def test_42_the_default_rule_is_never_own(listener: Listener) -> None:
    default = next(rule["RuleArn"] for rule in listener.rules() if rule["IsDefault"])
    listener.elb.add_tags(ResourceArns=[default], Tags=[{"Key": "quilt:rule", "Value": NAME}])
    for state in ("present", "absent"):
        result = listener.run(state=state)
        assert result["failed"] and "default rule" in result["msg"] and not result["writes"]


def test_42_a_rule_of_another_owner_stays(listener: Listener) -> None:
    listener.run(tags={"quilt:deployment": "theirs"})
    for state in ("present", "absent"):
        result = listener.run(state=state, require_tags={"quilt:deployment": "own"})
        assert result["failed"] and "quilt:deployment" in result["msg"] and not result["writes"]


def test_43_check_mode_is_the_same_plan_without_a_write(listener: Listener) -> None:
    listener.foreign(100, path("/x"))
    checked = listener.run(check=True, tags={"a": "b"})
    assert checked["changed"] and not checked["writes"] and checked["placement"]["predicted"]
    assert checked["rule_arn"] == checked["rule"]["rule_arn"] == "known-after-apply"
    real = listener.run(tags={"a": "b"})
    assert real["diff"] == checked["diff"] and real["priority"] == checked["priority"] == 101
    assert not real["placement"]["predicted"]
    again = listener.run(check=True, tags={"a": "c"}, conditions=[path("/y")])
    assert again["changed"] and not again["writes"] and again["rule_arn"] == real["rule_arn"]
    assert again["rule"]["tags"]["a"] == "c" and again["rule"]["conditions"][0]["values"] == ["/y"]
    assert listener.own()["Conditions"][0]["Values"] == ["demo.quiltdata.com"]


def test_43_a_group_that_does_not_exist_yet(listener: Listener) -> None:
    action = {"type": "forward", "target_group_arn": "known-after-apply"}
    checked = listener.run(check=True, actions=[action])
    assert checked["changed"] and checked["priority"] == 100
    real = listener.run(actions=[action])
    assert real["failed"] and "known-after-apply" in real["msg"] and not real["writes"]


def test_43_a_listener_that_does_not_exist_yet(listener: Listener) -> None:
    checked = listener.run(check=True, listener_arn="known-after-apply")
    assert checked["changed"] and checked["priority"] == "known-after-apply" and checked["calls"] == []
    assert listener.run(check=True, listener_arn="known-after-apply", state="absent")["changed"] is False
    assert listener.run(listener_arn="known-after-apply")["failed"]


def test_44_the_quota_is_named(listener: Listener) -> None:
    listener.quota(1)
    listener.foreign(300, path("/x"))
    result = listener.run()
    assert result["failed"] and "Rules per Application Load Balancer" in result["msg"]


def test_44_access_denied_is_named(listener: Listener) -> None:
    said = "User: x is not authorized to perform: elasticloadbalancing:CreateRule on resource: y"
    listener.aws.faults.add("elbv2", "CreateRule", "error", code="AccessDenied", status=403, message=said)
    result = listener.run()
    assert result["failed"] and said in result["msg"] and "create a listener rule" in result["msg"]
    assert "\nRemedy: allow the action on the resource (docs/deployer-policy.md" in result["msg"]


@pytest.mark.parametrize("tag", ["ingress.k8s.aws/stack", "elbv2.k8s.aws/cluster"])
def test_45_a_balancer_of_a_kubernetes_controller(listener: Listener, tag: str) -> None:
    listener.elb.add_tags(ResourceArns=[listener.balancer], Tags=[{"Key": tag, "Value": "x"}])
    result = listener.run()
    assert result["failed"] and tag in result["msg"] and "force=true" in result["msg"] and not result["writes"]
    assert listener.run(force=True)["changed"]
    assert not listener.run()["changed"]


@pytest.mark.parametrize(
    ("conditions", "says"),
    [([path("/mcp/*")], "does not match /mcp itself"), ([MCP[0], path("/*")], "can be left out")],
)
def test_46_lint(listener: Listener, conditions: list[Document], says: str) -> None:
    result = listener.run(conditions=conditions)
    assert any(says in warning for warning in result["warnings"]), result["warnings"]
    assert "warnings" not in listener.run(name="fine", conditions=[path("/fine", "/fine/*")])


def test_tags_of_others_stay_unless_purged(listener: Listener) -> None:
    arn = listener.run(tags={"a": "1"})["rule_arn"]
    listener.elb.add_tags(ResourceArns=[arn], Tags=[{"Key": "theirs", "Value": "x"}])
    assert listener.run(tags={"a": "2"})["rule"]["tags"] == {"quilt:rule": NAME, "a": "2", "theirs": "x"}
    result = listener.run(tags={"a": "2"}, purge_tags=True)
    assert result["writes"] == ["RemoveTags"] and result["rule"]["tags"] == {"quilt:rule": NAME, "a": "2"}
