"""The setting of what claims grant: one sentence for each fault, and nothing is guessed."""

import json
from typing import Any

import pytest
from conftest import environment

from quilt_mcp_server.config import ConfigError, load
from quilt_mcp_server.oauth_grants import ClaimGrant

OAUTH = {
    "QUILT_MCP_JWKS_URL": "https://login.example.com/jwks",
    "QUILT_MCP_OAUTH_ISSUER": "https://login.example.com",
}
ROLES = {
    "QUILT_MCP_CREDENTIALS": "assume_role",
    "QUILT_MCP_ASSUME_ROLES": "arn:aws:iam::123456789012:role/a/Reader,arn:aws:iam::123456789012:role/Writer,"
    "arn:aws:iam::123456789012:role/b/Reader",
}
RULE: dict[str, Any] = {"claim": "groups", "value": "scientists", "buckets": ["quilt-*"]}


def faults(raw: str, **changes: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(environment(QUILT_MCP_OAUTH_GRANTS=raw, **OAUTH, **changes))
    return caught.value.faults


def grants(*rules: Any, **changes: str) -> tuple[ClaimGrant, ...]:
    found = load(environment(QUILT_MCP_OAUTH_GRANTS=json.dumps(rules), **OAUTH, **changes)).oauth
    assert found is not None
    return found.grants


def test_rules_are_read_as_they_are_written() -> None:
    path = {"claim": ["realm_access", "roles"], "pattern": "sci*", "roles": ["Writer"], "buckets": ["a-b"]}
    full = path | {"permissions": ["s3:Get*", "athena:StartQueryExecution"]}
    assert grants(RULE, full, **ROLES) == (
        ClaimGrant(("groups",), value="scientists", buckets=("quilt-*",)),
        ClaimGrant(
            ("realm_access", "roles"),
            pattern="sci*",
            buckets=("a-b",),
            permissions=frozenset({"s3:Get*", "athena:StartQueryExecution"}),
            roles=("Writer",),
        ),
    )


@pytest.mark.parametrize("raw", ["groups", "[", "{}", "[]", "null", '"x"', json.dumps([RULE] * 101), "[" * 100_000])
def test_what_is_no_list_of_rules(raw: str) -> None:
    (found,) = faults(raw)
    assert found.startswith("QUILT_MCP_OAUTH_GRANTS ") and "the form is" in found


def test_a_member_is_named_once() -> None:
    (found,) = faults('[{"claim": "groups", "value": "a", "value": "b", "buckets": ["a-b"]}]')
    assert "named twice" in found


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"claim": None}, "needs a claim"),
        ({"claim": ""}, "needs a claim"),
        ({"claim": []}, "needs a claim"),
        ({"claim": ["a", 5]}, "needs a claim"),
        ({"value": None}, "value that is no text"),
        ({"value": ""}, "value that is no text"),
        ({"value": ["scientists"]}, "value that is no text"),
        ({"pattern": "x"}, "a value or a pattern"),
        ({"buckets": "quilt-example"}, "buckets that are no list"),
        ({"buckets": []}, "buckets that are no list"),
        ({"buckets": [""]}, "buckets that are no list"),
        ({"buckets": ["Quilt"]}, "no name of a bucket"),
        ({"buckets": ["arn:aws:s3:::quilt"]}, "no name of a bucket"),
        ({"buckets": ["quilt/raw"]}, "no name of a bucket"),
        ({"buckets": ["x" * 64]}, "no name of a bucket"),
        ({"permissions": "s3:GetObject"}, "permissions that are no list"),
        ({"permissions": []}, "permissions that are no list"),
        ({"permissions": ["read"]}, "no IAM action"),
        ({"permissions": ["s3:"]}, "no IAM action"),
        ({"permissions": ["s3:Get Object"]}, "no IAM action"),
        ({"roles": []}, "roles that are no list"),
        ({"roles": ["Admin"]}, "not in QUILT_MCP_ASSUME_ROLES"),
        ({"roles": ["*"]}, "not in QUILT_MCP_ASSUME_ROLES"),
        ({"roles": ["Reader"]}, "the name of several"),
        ({"bucket": ["quilt-example"]}, "has the member 'bucket'"),
    ],
    ids=str,
)
def test_each_fault_is_one_sentence(changes: dict[str, Any], expected: str) -> None:
    (found,) = faults(json.dumps([RULE, RULE | changes]), **ROLES)
    assert found.startswith("QUILT_MCP_OAUTH_GRANTS rule 2 ") and expected in found


def test_all_faults_come_at_once() -> None:
    found = faults(json.dumps([5, {"claim": "a", "permissions": ["x"]}, RULE | {"value": 5}]))
    assert [each.split()[2] for each in found] == ["1", "2", "2", "2", "2", "3"]


def test_roles_need_roles_that_are_assumed() -> None:
    (found,) = faults(json.dumps([RULE | {"roles": ["Writer"]}]))
    assert "no roles are assumed" in found


def test_rules_without_an_authorization_server_are_a_fault() -> None:
    with pytest.raises(ConfigError) as caught:
        load(environment(QUILT_MCP_OAUTH_GRANTS=json.dumps([RULE])))
    assert "is set without QUILT_MCP_OAUTH_ISSUER" in caught.value.faults[0]
