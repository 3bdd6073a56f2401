"""The corrected elbv2: rules, over boto3. Each test names the AWS fact that plain moto 5.2.5 does not keep."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.emulator.control_plane import ControlPlane
from sandbox.emulator.services.elbv2 import backend as elbv2
from sandbox.testing.elbv2_stack import (
    Document,
    Stack,
    fixed,
    forward,
    header,
    host,
    method,
    path,
    query,
    refused,
    source,
)

OIDC: Document = {
    "Issuer": "https://idp.example.com",
    "AuthorizationEndpoint": "https://idp.example.com/auth",
    "TokenEndpoint": "https://idp.example.com/token",
    "UserInfoEndpoint": "https://idp.example.com/user",
    "ClientId": "client",
}
JWT: Document = {"JwksEndpoint": "https://idp.example.com/jwks", "Issuer": "https://idp.example.com"}


@pytest.fixture
def stack(empty: ControlPlane) -> Stack:
    return Stack.build(empty)


def oidc(**config: Any) -> list[Document]:
    return [
        {"Type": "authenticate-oidc", "Order": 1, "AuthenticateOidcConfig": OIDC | config},
        fixed() | {"Order": 2},
    ]


def test_a_rule_needs_a_condition(stack: Stack) -> None:
    refused(
        "ValidationError",
        stack.elb.create_rule,
        ListenerArn=stack.https,
        Priority=1,
        Conditions=[],
        Actions=[fixed()],
    )


def test_five_values_and_several_headers_and_queries_are_accepted(stack: Stack) -> None:
    stack.rule(1, [path("/1", "/2", "/3", "/4", "/5")])
    stack.rule(2, [header("A", "1"), header("A", "2"), query(("", "a*")), query(("k", "b"))])
    # AWS: `\` escapes `*` and `?` in a query string, so these are no wildcards.
    stack.rule(3, [query(("", r"\*\*\*\?\?\?"))])


@pytest.mark.parametrize("priority", [50001, 99999])
def test_priority_ends_at_50000(stack: Stack, priority: int) -> None:
    refused("ValidationError", stack.rule, priority)
    arn = stack.rule(50000)["RuleArn"]
    refused("ValidationError", stack.elb.set_rule_priorities, RulePriorities=[{"RuleArn": arn, "Priority": priority}])


def test_100_rules_per_load_balancer_over_all_listeners_adjustable(stack: Stack, empty: ControlPlane) -> None:
    for priority in range(1, 61):
        stack.rule(priority)
    for priority in range(1, 41):
        stack.rule(priority, ListenerArn=stack.http)
    refused("TooManyRules", stack.rule, 1000)
    limits = {one["Name"]: one["Max"] for one in stack.elb.describe_account_limits()["Limits"]}
    assert limits["rules-per-application-load-balancer"] == "100"
    elbv2.set_rule_quota(empty.account_id, empty.region, 101)
    stack.rule(1000)
    refused("TooManyRules", stack.rule, 1001)
    empty.reset(seed=False)
    assert elbv2.backend_of(empty.account_id, empty.region).rule_quota == 100


def test_conditions_come_back_in_both_forms(stack: Stack) -> None:
    created = stack.rule(1, [{"Field": "path-pattern", "Values": ["/a"]}, host("A.x", "b.x")])
    assert created["Conditions"] == [
        {"Field": "path-pattern", "Values": ["/a"], "PathPatternConfig": {"Values": ["/a"]}},
        {"Field": "host-header", "Values": ["A.x", "b.x"], "HostHeaderConfig": {"Values": ["A.x", "b.x"]}},
    ]
    assert stack.rules()[0] == created
    refused("ValidationError", stack.elb.modify_rule, RuleArn=created["RuleArn"], Conditions=created["Conditions"])


def test_other_conditions_come_back_as_sent(stack: Stack) -> None:
    sent = [header("X-A", "b*"), method("GET"), query(("k", "v"), ("", "w")), source("10.0.0.0/8")]
    assert stack.rule(1, sent)["Conditions"] == sent


def test_regex_only_conditions_and_jwt_validation(stack: Stack) -> None:
    conditions = [
        {"Field": "path-pattern", "PathPatternConfig": {"RegexValues": ["^/v[0-9]+/"]}},
        {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "X", "RegexValues": ["a|b"]}},
    ]
    claims = [{"Format": "single-string", "Name": "aud", "Values": ["quilt"]}]
    config = JWT | {"AdditionalClaims": claims}
    guard = {"Type": "jwt-validation", "Order": 1, "JwtValidationConfig": config}
    rule = stack.rule(1, conditions, Actions=[guard, fixed() | {"Order": 2}])
    assert rule["Conditions"][0] == {**conditions[0], "RegexValues": ["^/v[0-9]+/"]}
    assert rule["Conditions"][1] == conditions[1]
    assert rule["Actions"][0] == guard


def test_a_forward_comes_back_in_both_forms_with_its_defaults(stack: Stack) -> None:
    group, other = stack.group(), stack.group()
    expected = {
        "Type": "forward",
        "Order": 1,
        "TargetGroupArn": group,
        "ForwardConfig": {
            "TargetGroups": [{"TargetGroupArn": group, "Weight": 1}],
            "TargetGroupStickinessConfig": {"Enabled": False},
        },
    }
    assert stack.rule(1, Actions=[{"Type": "forward", "TargetGroupArn": group}])["Actions"] == [expected]
    assert stack.rule(2, Actions=[forward(group)])["Actions"] == [expected]
    assert stack.rule(3, Actions=[expected])["Actions"] == [expected]
    both = stack.rule(4, Actions=[forward(group, other)])["Actions"][0]
    assert "TargetGroupArn" not in both
    assert [one["Weight"] for one in both["ForwardConfig"]["TargetGroups"]] == [1, 1]


def test_redirect_and_authentication_defaults_are_filled_in(stack: Stack) -> None:
    redirect = {"Type": "redirect", "RedirectConfig": {"Path": "/new/#{path}", "StatusCode": "HTTP_302"}}
    assert stack.rule(1, Actions=[redirect])["Actions"][0]["RedirectConfig"] == {
        "Protocol": "#{protocol}",
        "Host": "#{host}",
        "Port": "#{port}",
        "Path": "/new/#{path}",
        "Query": "#{query}",
        "StatusCode": "HTTP_302",
    }
    defaults = {
        "SessionCookieName": "AWSELBAuthSessionCookie",
        "Scope": "openid",
        "SessionTimeout": 604800,
        "OnUnauthenticatedRequest": "authenticate",
    }
    assert stack.rule(2, Actions=oidc(ClientSecret="s"))["Actions"][0]["AuthenticateOidcConfig"] == OIDC | defaults
    pool = {"UserPoolArn": "arn:aws:cognito-idp:::pool", "UserPoolClientId": "c", "UserPoolDomain": "d"}
    cognito = {"Type": "authenticate-cognito", "Order": 1, "AuthenticateCognitoConfig": pool}
    found = stack.rule(3, Actions=[cognito, fixed() | {"Order": 2}])["Actions"][0]["AuthenticateCognitoConfig"]
    assert found == pool | defaults


def test_the_client_secret_is_never_given_back_but_kept(stack: Stack) -> None:
    arn = stack.rule(1, Actions=oidc(ClientSecret="hunter2"))["RuleArn"]
    assert "hunter2" not in str(stack.elb.describe_rules(ListenerArn=stack.https))
    modified = stack.elb.modify_rule(RuleArn=arn, Actions=oidc(UseExistingClientSecret=True, Scope="openid email"))
    config = modified["Rules"][0]["Actions"][0]["AuthenticateOidcConfig"]
    assert config["Scope"] == "openid email"
    assert not {"ClientSecret", "UseExistingClientSecret"} & set(config)
    for wrong in ({"ClientSecret": "s", "UseExistingClientSecret": True}, {}):
        refused("InvalidLoadBalancerAction", stack.elb.modify_rule, RuleArn=arn, Actions=oidc(**wrong))
    refused("InvalidLoadBalancerAction", stack.rule, 2, Actions=oidc(UseExistingClientSecret=True))


@pytest.mark.parametrize(
    "actions",
    [
        pytest.param(oidc(ClientSecret="s"), id="oidc"),
        pytest.param(
            [{"Type": "jwt-validation", "Order": 1, "JwtValidationConfig": JWT}, fixed() | {"Order": 2}], id="jwt"
        ),
    ],
)
def test_authentication_needs_an_https_listener(stack: Stack, actions: list[Document]) -> None:
    message = refused("InvalidLoadBalancerAction", stack.rule, 1, Actions=actions, ListenerArn=stack.http)
    assert "HTTPS" in message
    stack.rule(1, Actions=actions)


def test_at_most_five_target_groups_with_weights_up_to_999(stack: Stack) -> None:
    groups = [stack.group() for _ in range(6)]
    refused("InvalidLoadBalancerAction", stack.rule, 1, Actions=[forward(*groups)])
    heavy = forward(*groups[:5])
    heavy["ForwardConfig"]["TargetGroups"][0]["Weight"] = 1000
    refused("ValidationError", stack.rule, 1, Actions=[heavy])
    sticky = forward(*groups[:5])
    sticky["ForwardConfig"]["TargetGroupStickinessConfig"] = {"Enabled": True}
    refused("ValidationError", stack.rule, 1, Actions=[sticky])
    sticky["ForwardConfig"]["TargetGroupStickinessConfig"]["DurationSeconds"] = 60
    stack.rule(1, Actions=[sticky])


def test_a_target_group_serves_one_load_balancer(stack: Stack) -> None:
    group = stack.group()
    stack.rule(1, Actions=[forward(group)])
    stack.rule(1, Actions=[forward(group)], ListenerArn=stack.http)
    second = stack.elb.create_load_balancer(Name="second", Subnets=stack.subnets)["LoadBalancers"][0]
    request = {"LoadBalancerArn": second["LoadBalancerArn"], "Protocol": "HTTP", "Port": 80}
    refused("TargetGroupAssociationLimit", stack.elb.create_listener, **request, DefaultActions=[forward(group)])
    listener = stack.elb.create_listener(**request, DefaultActions=[fixed()])["Listeners"][0]["ListenerArn"]
    refused("TargetGroupAssociationLimit", stack.rule, 1, Actions=[forward(group)], ListenerArn=listener)


def test_transforms_are_kept_replaced_and_reset(stack: Stack) -> None:
    url = {"Type": "url-rewrite", "UrlRewriteConfig": {"Rewrites": [{"Regex": "^/a/(.*)", "Replace": "/b/$1"}]}}
    name = {
        "Type": "host-header-rewrite",
        "HostHeaderRewriteConfig": {"Rewrites": [{"Regex": "^a", "Replace": "b"}]},
    }
    arn = stack.rule(1, Transforms=[url])["RuleArn"]
    assert stack.rules()[0]["Transforms"] == [url]
    stack.elb.modify_rule(RuleArn=arn, Actions=[fixed("201")])
    assert stack.rules()[0]["Transforms"] == [url]
    assert stack.elb.modify_rule(RuleArn=arn, Transforms=[url, name])["Rules"][0]["Transforms"] == [url, name]
    refused("ValidationError", stack.elb.modify_rule, RuleArn=arn, Transforms=[url, url])
    refused("ValidationError", stack.elb.modify_rule, RuleArn=arn, Transforms=[url], ResetTransforms=True)
    assert stack.elb.modify_rule(RuleArn=arn, ResetTransforms=True)["Rules"][0].get("Transforms", []) == []


def test_modify_leaves_what_is_omitted_or_empty(stack: Stack) -> None:
    before = stack.rule(7, [path("/a")])
    after = stack.elb.modify_rule(RuleArn=before["RuleArn"], Conditions=[host("a.x")])["Rules"][0]
    assert (after["Actions"], after["Priority"], after["RuleArn"]) == (before["Actions"], "7", before["RuleArn"])
    assert [one["Field"] for one in after["Conditions"]] == ["host-header"]
    after = stack.elb.modify_rule(RuleArn=before["RuleArn"], Conditions=[], Actions=[fixed("201")])["Rules"][0]
    assert [one["Field"] for one in after["Conditions"]] == ["host-header"]
    refused("ValidationError", stack.elb.modify_rule, RuleArn=before["RuleArn"])
    refused("ValidationError", stack.elb.modify_rule, RuleArn=before["RuleArn"], Conditions=[], Actions=[])


def test_a_rejected_modification_changes_nothing(stack: Stack) -> None:
    before = stack.rule(7)
    refused(
        "ValidationError",
        stack.elb.modify_rule,
        RuleArn=before["RuleArn"],
        Conditions=[host("new.x")],
        Actions=[fixed("302")],
    )
    assert stack.rules()[0] == before


def test_missing_rules_are_not_found(stack: Stack) -> None:
    arn = stack.rule(1)["RuleArn"]
    stack.elb.delete_rule(RuleArn=arn)
    refused("RuleNotFound", stack.elb.delete_rule, RuleArn=arn)
    refused("RuleNotFound", stack.elb.modify_rule, RuleArn=arn, Actions=[fixed()])
    refused("RuleNotFound", stack.elb.describe_rules, RuleArns=[arn])
    refused("RuleNotFound", stack.elb.describe_tags, ResourceArns=[arn])
    refused("RuleNotFound", stack.elb.set_rule_priorities, RulePriorities=[{"RuleArn": arn, "Priority": 2}])


def test_the_default_rule_is_protected(stack: Stack) -> None:
    default = stack.rules()[0]
    assert default["IsDefault"] is True
    arn = default["RuleArn"]
    refused("OperationNotPermitted", stack.elb.delete_rule, RuleArn=arn)
    refused("OperationNotPermitted", stack.elb.modify_rule, RuleArn=arn, Actions=[fixed()])
    refused("OperationNotPermitted", stack.elb.set_rule_priorities, RulePriorities=[{"RuleArn": arn, "Priority": 1}])
    stack.elb.modify_listener(ListenerArn=stack.https, DefaultActions=[fixed("503")])
    assert stack.rules()[0]["Actions"][0]["FixedResponseConfig"]["StatusCode"] == "503"
    assert stack.rules()[0]["RuleArn"] == arn
    assert stack.elb.describe_tags(ResourceArns=[arn])["TagDescriptions"][0]["Tags"] == []


def test_rules_come_back_by_priority_with_the_default_last(stack: Stack, empty: ControlPlane) -> None:
    for priority in (300, 2, 50000, 11):
        stack.rule(priority)
    assert [rule["Priority"] for rule in stack.rules()] == ["2", "11", "300", "50000", "default"]
    backend = elbv2.backend_of(empty.account_id, empty.region)
    assert [rule.priority for rule in backend.describe_rules(stack.https, None)] == [2, 11, 300, 50000, "default"]
    arns = [rule["RuleArn"] for rule in stack.rules()]
    assert [rule["Priority"] for rule in stack.rules(RuleArns=arns[2::-1])] == ["2", "11", "300"]


def test_pages_of_rules(stack: Stack) -> None:
    for priority in range(10, 50, 10):
        stack.rule(priority)
    pages = list(stack.elb.get_paginator("describe_rules").paginate(ListenerArn=stack.https, PageSize=2))
    assert [[rule["Priority"] for rule in page["Rules"]] for page in pages] == [["10", "20"], ["30", "40"], ["default"]]
    assert "NextMarker" not in pages[-1]
    # A page goes on after its place even when the rule there is deleted in between.
    stack.elb.delete_rule(RuleArn=pages[0]["Rules"][1]["RuleArn"])
    rest = stack.elb.describe_rules(ListenerArn=stack.https, Marker=pages[0]["NextMarker"])["Rules"]
    assert [rule["Priority"] for rule in rest] == ["30", "40", "default"]
    refused("ValidationError", stack.elb.describe_rules, ListenerArn=stack.https, PageSize=401)


def test_a_page_has_400_rules_unless_asked(stack: Stack, empty: ControlPlane) -> None:
    elbv2.set_rule_quota(empty.account_id, empty.region, 500)
    backend = elbv2.backend_of(empty.account_id, empty.region)
    for priority in range(1, 403):
        backend.create_rule(stack.https, [path("/x")], priority, [fixed()])
    first = stack.elb.describe_rules(ListenerArn=stack.https)
    assert len(first["Rules"]) == 400
    assert len(stack.elb.describe_rules(ListenerArn=stack.https, Marker=first["NextMarker"])["Rules"]) == 3


def test_reordering_is_judged_by_the_final_order(stack: Stack) -> None:
    one, two, three = (stack.rule(priority)["RuleArn"] for priority in (1, 2, 3))
    stack.elb.set_rule_priorities(RulePriorities=[{"RuleArn": one, "Priority": 2}, {"RuleArn": two, "Priority": 1}])
    assert [rule["RuleArn"] for rule in stack.rules()][:3] == [two, one, three]
    stack.elb.set_rule_priorities(RulePriorities=[{"RuleArn": three, "Priority": 3}])
    # Nothing of a refused call happens: `one` would have moved.
    refused(
        "PriorityInUse",
        stack.elb.set_rule_priorities,
        RulePriorities=[{"RuleArn": one, "Priority": 9}, {"RuleArn": two, "Priority": 3}],
    )
    assert [rule["Priority"] for rule in stack.rules()] == ["1", "2", "3", "default"]
    refused(
        "ValidationError",
        stack.elb.set_rule_priorities,
        RulePriorities=[{"RuleArn": one, "Priority": 9}, {"RuleArn": two, "Priority": 9}],
    )


def test_of_concurrent_creates_with_one_priority_one_wins(stack: Stack) -> None:
    def create(_: int) -> str:
        try:
            return str(stack.rule(100)["Priority"])
        except ClientError as error:
            return str(error.response["Error"]["Code"])

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(create, range(16)))
    assert sorted(results) == ["100"] + ["PriorityInUse"] * 15
    assert len(stack.rules()) == 2


def test_tags_come_with_create_and_in_chunks_of_20(stack: Stack) -> None:
    arns = [stack.rule(n, Tags=[{"Key": "quilt:rule", "Value": f"r{n}"}])["RuleArn"] for n in range(1, 22)]
    refused("ValidationError", stack.elb.describe_tags, ResourceArns=arns)
    found = stack.elb.describe_tags(ResourceArns=arns[:20])["TagDescriptions"]
    assert [one["Tags"][0]["Value"] for one in found] == [f"r{n}" for n in range(1, 21)]
    refused("ValidationError", stack.elb.add_tags, ResourceArns=arns, Tags=[{"Key": "a", "Value": "b"}])


def test_50_tags_per_resource(stack: Stack) -> None:
    arn = stack.rule(1)["RuleArn"]
    stack.elb.add_tags(ResourceArns=[arn], Tags=[{"Key": f"k{n}", "Value": "v"} for n in range(50)])
    stack.elb.add_tags(ResourceArns=[arn], Tags=[{"Key": "k0", "Value": "w"}])
    refused("TooManyTags", stack.elb.add_tags, ResourceArns=[arn], Tags=[{"Key": "more", "Value": "v"}])


def test_tags_go_with_their_rule(stack: Stack, empty: ControlPlane) -> None:
    arn = stack.rule(1, Tags=[{"Key": "a", "Value": "b"}])["RuleArn"]
    stack.elb.delete_rule(RuleArn=arn)
    tags = elbv2.backend_of(empty.account_id, empty.region).tagging_service
    assert not tags.has_tags(arn)


def test_a_reset_leaves_a_corrected_and_empty_backend(stack: Stack, empty: ControlPlane) -> None:
    stack.rule(1)
    empty.reset(seed=False)
    again = Stack.build(empty)
    assert [rule["Priority"] for rule in again.rules()] == ["default"]
    refused("ValidationError", again.rule, 50001)
