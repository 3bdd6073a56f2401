"""Two policies that mean the same are the same, and what a policy says."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.quilt.mcp_server.plugins.module_utils._iam.policy import (
    canonical_policy,
    permissions_of,
    trusted_services,
)


def policy(**statement: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]}


BASE = policy(
    Action=["s3:GetObject", "s3:ListBucket"],
    Resource=["arn:aws:s3:::a", "arn:aws:s3:::b"],
    Condition={"Bool": {"aws:SecureTransport": "true"}, "NumericLessThan": {"s3:max-keys": "10"}},
)


@pytest.mark.parametrize(
    "same",
    [
        pytest.param(json.dumps(BASE), id="a text"),
        pytest.param({**BASE, "Statement": BASE["Statement"][0]}, id="one statement without a list"),
        pytest.param(
            policy(**{**BASE["Statement"][0], "Action": ["s3:ListBucket", "s3:GetObject"]}),
            id="another order of actions",
        ),
        pytest.param(
            policy(
                **{
                    **BASE["Statement"][0],
                    "Condition": {"NumericLessThan": {"s3:max-keys": 10}, "Bool": {"aws:SecureTransport": True}},
                }
            ),
            id="values of their own types",
        ),
    ],
)
def test_the_same_policy_in_other_words(same: Any) -> None:
    assert canonical_policy(same) == canonical_policy(BASE)


@pytest.mark.parametrize(
    "change",
    [
        {"Action": ["s3:GetObject"]},
        {"Resource": ["arn:aws:s3:::a"]},
        {"Effect": "Deny"},
        {"Condition": {"Bool": {"aws:SecureTransport": "false"}}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_another_policy(change: dict[str, Any]) -> None:
    assert canonical_policy(policy(**{**BASE["Statement"][0], **change})) != canonical_policy(BASE)


def test_a_principal_of_one_is_a_list_of_one() -> None:
    one, listed = (policy(Principal={"Service": service}) for service in ("a.amazonaws.com", ["a.amazonaws.com"]))
    assert canonical_policy(one) == canonical_policy(listed)
    assert canonical_policy(policy(Principal="*")) != canonical_policy(one)


ECS = "ecs-tasks.amazonaws.com"


@pytest.mark.parametrize(
    ("statement", "trusted"),
    [
        pytest.param([{"Effect": "Allow", "Principal": {"Service": ECS}}], True, id="named"),
        pytest.param(
            {"Effect": "Allow", "Principal": {"Service": ["ec2.amazonaws.com", ECS]}}, True, id="among others"
        ),
        pytest.param([{"Effect": "Deny", "Principal": {"Service": ECS}}], False, id="denied"),
        pytest.param([{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}}], False, id="another"),
        pytest.param([{"Effect": "Allow", "Principal": {"AWS": ECS}}], False, id="not as a service"),
        pytest.param([{"Effect": "Allow", "Principal": "*"}], False, id="everybody is not the service"),
        pytest.param([], False, id="nobody"),
    ],
)
def test_a_role_trusts_the_service_that_its_policy_names(statement: Any, trusted: bool) -> None:
    assert (ECS in trusted_services({"Statement": statement})) is trusted


def test_what_a_policy_allows_leaves_out_what_everybody_may() -> None:
    identity = {"Effect": "Allow", "Action": ["sts:GetCallerIdentity"], "Resource": ["*"]}
    document = {"Statement": [identity, {"Effect": "Allow", "Action": ["s3:Get", "s3:Put"], "Resource": "arn:a"}]}
    assert permissions_of(document) == ["s3:Get, s3:Put on arn:a"]
