"""Every kind of condition and action: created, the same again, changed in place, and what AWS has then."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.modules.listener_rule import (
    COGNITO,
    JWT,
    OIDC,
    OIDC_CONFIG,
    REDIRECT,
    Document,
    Listener,
    camel,
    fixed,
    forward,
    host,
    path,
)

QUERY_OLD: Document = {"field": "query-string", "values": [{"key": "v", "value": "1"}, {"value": "a*"}]}
QUERY_NEW: Document = {"field": "query-string", "values": [{"key": "v", "value": "2"}]}
CONDITIONS = {
    "host": (host("a.example.com"), host("b.example.com")),
    "host-regex": (
        {"field": "host-header", "regex_values": ["^a[0-9]+$"]},
        {"field": "host-header", "regex_values": ["^b[0-9]+$"]},
    ),
    "path": (path("/a", "/a/*"), path("/a")),
    "path-regex": (
        {"field": "path-pattern", "regex_values": ["^/a$"]},
        {"field": "path-pattern", "regex_values": ["^/b$"]},
    ),
    "header": (
        {"field": "http-header", "http_header_name": "X-Team", "values": ["a*"]},
        {"field": "http-header", "http_header_name": "X-Group", "values": ["a*"]},
    ),
    "header-regex": (
        {"field": "http-header", "http_header_name": "X-Team", "regex_values": ["^a"]},
        {"field": "http-header", "http_header_name": "X-Team", "values": ["^a"]},
    ),
    "method": (
        {"field": "http-request-method", "values": ["GET", "POST"]},
        {"field": "http-request-method", "values": ["GET"]},
    ),
    "query": (QUERY_OLD, QUERY_NEW),
    "query-key-dropped": (QUERY_NEW, {"field": "query-string", "values": [{"value": "2"}]}),
    "address": (
        {"field": "source-ip", "values": ["10.0.0.0/8"]},
        {"field": "source-ip", "values": ["10.0.0.0/8", "2001:db8::/32"]},
    ),
}


def sent(condition: Document) -> Document:
    """As DescribeRules shows it in the nested form."""
    shown: Document = camel(condition)
    (config,) = (value for key, value in shown.items() if key != "Field")
    if condition["field"] == "query-string":
        pairs = config["Values"]
        config["Values"] = [{name.capitalize(): text for name, text in pair.items()} for pair in pairs]
    return shown


@pytest.mark.parametrize("kind", CONDITIONS)
def test_every_kind_of_condition(listener: Listener, kind: str) -> None:
    old, new = CONDITIONS[kind]
    first = listener.run(conditions=[old])
    assert first["writes"] == ["CreateRule"], first
    again = listener.run(conditions=[old])
    assert not again["changed"] and not again["writes"], again["diff"]
    changed = listener.run(conditions=[new])
    assert changed["writes"] == ["ModifyRule"] and changed["rule_arn"] == first["rule_arn"]
    assert not listener.run(conditions=[new])["changed"]
    (condition,) = listener.own()["Conditions"]
    assert {key: value for key, value in condition.items() if key not in ("Values", "RegexValues")} == sent(new)


def other(action: Document, **config: Any) -> Document:
    (name,) = (key for key in action if key.endswith("_config"))
    return {**action, name: {**action[name], **config}}


ACTIONS: dict[str, tuple[Document, Document, list[str]]] = {
    "redirect": (REDIRECT, other(REDIRECT, status_code="HTTP_302"), ["RedirectConfig", "StatusCode"]),
    "fixed-response": (fixed(), other(fixed(), message_body="no"), ["FixedResponseConfig", "MessageBody"]),
    "oidc": (OIDC, other(OIDC, scope="openid email"), ["AuthenticateOidcConfig", "Scope"]),
    "oidc-parameters": (
        OIDC,
        other(OIDC, authentication_request_extra_params={"display_Mode": "page"}),
        ["AuthenticateOidcConfig", "AuthenticationRequestExtraParams", "display_Mode"],
    ),
    "cognito": (COGNITO, other(COGNITO, session_timeout=60), ["AuthenticateCognitoConfig", "SessionTimeout"]),
    "jwt": (JWT, other(JWT, issuer="https://other.example.com"), ["JwtValidationConfig", "Issuer"]),
}


@pytest.mark.parametrize("kind", ACTIONS)
def test_every_kind_of_action(listener: Listener, kind: str) -> None:
    old, new, where = ACTIONS[kind]
    tail = [] if kind in ("redirect", "fixed-response") else [fixed()]
    first = listener.run(actions=[old, *tail])
    assert first["writes"] == ["CreateRule"], first
    assert not listener.run(actions=[old, *tail])["changed"]
    changed = listener.run(actions=[new, *tail])
    assert changed["writes"] == ["ModifyRule"] and changed["rule_arn"] == first["rule_arn"], changed
    assert not listener.run(actions=[new, *tail])["changed"]
    before, after = (run["diff"][side]["actions"] for run, side in ((changed, "before"), (changed, "after")))
    assert before != after
    value: Any = listener.own()["Actions"][0]
    for name in where:
        value = value[name]
    (config,) = (value for key, value in new.items() if key.endswith("_config"))
    assert value in (*config.values(), "page")


def test_jwt_claims_are_sets(listener: Listener) -> None:
    listener.run(actions=[JWT, fixed()])
    claims = JWT["jwt_validation_config"]["additional_claims"]
    turned = [{**claim, "values": claim["values"][::-1]} for claim in claims[::-1]]
    assert not listener.run(actions=[other(JWT, additional_claims=turned), fixed()])["changed"]
    assert listener.run(actions=[other(JWT, additional_claims=claims[:1]), fixed()])["changed"]


def test_authentication_comes_and_goes_with_its_secret(listener: Listener) -> None:
    listener.run(actions=[fixed()])
    assert listener.run(actions=[OIDC, fixed()])["writes"] == ["ModifyRule"] and listener.secret() == "s3cr3t-one"
    assert listener.run(actions=[fixed()])["writes"] == ["ModifyRule"] and listener.secret() is None
    listener.run(actions=[OIDC, fixed()])
    assert listener.secret() == "s3cr3t-one"


@pytest.mark.parametrize("check", [True, False], ids=["check", "real"])
def test_a_secret_is_in_no_part_of_a_result(listener: Listener, check: bool) -> None:
    """Not in the diff, the rule, the warnings, nor in the arguments that Ansible repeats under `invocation`."""
    versioned = other(OIDC, client_secret="s3cr3t-one", client_secret_version="1")
    shown = {"_ansible_inject_invocation": True}
    results = [listener.run(check=check, actions=[versioned, fixed()], **shown)]
    listener.foreign(1, path("/*"))
    results.append(listener.run(check=check, actions=[versioned, fixed()], **shown))  # a failure
    assert results[0]["changed"] and results[1]["failed"]
    for result in results:
        assert "invocation" in result
        assert "s3cr3t" not in str(result)
        assert OIDC_CONFIG["token_endpoint"] in str(result["invocation"])


def test_weights_and_stickiness_in_place(listener: Listener) -> None:
    one, two = listener.group("one"), listener.group("two")
    sticky = {"enabled": True, "duration_seconds": 60}
    listener.run(actions=[forward((one, 1), (two, 9), stickiness=sticky)])
    config = listener.own()["Actions"][0]["ForwardConfig"]
    assert {group["TargetGroupArn"]: group["Weight"] for group in config["TargetGroups"]} == {one: 1, two: 9}
    assert config["TargetGroupStickinessConfig"] == {"Enabled": True, "DurationSeconds": 60}
    listener.run(actions=[forward((one, 0), (two, 9))])
    config = listener.own()["Actions"][0]["ForwardConfig"]
    assert {group["TargetGroupArn"]: group["Weight"] for group in config["TargetGroups"]} == {one: 0, two: 9}
    assert not config.get("TargetGroupStickinessConfig", {}).get("Enabled")


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"actions": [{**REDIRECT, **fixed(), "type": "redirect"}]}, "redirect takes no fixed_response_config"),
        ({"actions": [{"type": "forward", "forward_config": {"target_groups": []}}]}, "forward has no forward_config"),
        ({"actions": [{**fixed(), "target_group_arn": "arn"}]}, "fixed-response takes no target_group_arn"),
        ({"conditions": [{**path("/a"), "http_header_name": "X"}]}, "path-pattern has an http_header_name"),
    ],
)
def test_what_would_be_left_out_without_a_word_is_refused(listener: Listener, parameters: Document, says: str) -> None:
    result = listener.run(**parameters)
    assert result["failed"] and says in result["msg"] and result["calls"] == [], result
