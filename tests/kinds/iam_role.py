"""The IAM role."""

from __future__ import annotations

from typing import Any

from tests.kinds import Conflict, Kind


def trust(service: str) -> dict[str, Any]:
    return policy(Principal={"Service": service}, Action="sts:AssumeRole")


def policy(**statement: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]}


TRUST = "assume_role_policy_document"
DATA = policy(Action=["s3:GetObject"], Resource=["arn:aws:s3:::example/*"])
KIND = Kind(
    module="iam_role",
    identity={"role_name": "mcp-server-task"},
    full={
        "description": "The task role",
        "assume_role_policy_document": trust("ecs-tasks.amazonaws.com"),
        "permissions_boundary": "arn:aws:iam::aws:policy/PowerUserAccess",
        "max_session_duration": 3600,
        "policies": {"data": DATA},
    },
    required=("assume_role_policy_document",),
    changes={
        "description": "Another text",
        "assume_role_policy_document": trust("ecs.amazonaws.com"),
        "permissions_boundary": "arn:aws:iam::aws:policy/ReadOnlyAccess",
        "max_session_duration": 7200,
        "policies": {"data": policy(Action=["s3:ListBucket"], Resource=["arn:aws:s3:::example"])},
    },
    clear={"description": ""},
    unpredictable=frozenset({"role_id", "create_date"}),
    tag=lambda iam, role, tags: iam.tag_role(
        RoleName=role["role_name"], Tags=[{"Key": key, "Value": value} for key, value in tags.items()]
    ),
    replace={"path": "/apps/"},
    conflict=Conflict(
        code="ConcurrentModification",
        runs=(
            {TRUST: trust("ecs.amazonaws.com"), "policies": {"data": DATA}, "tags": {"a": "b"}},
            {
                TRUST: trust("ecs-tasks.amazonaws.com"),
                "description": "Tasks",
                "permissions_boundary": "arn:aws:iam::aws:policy/PowerUserAccess",
                "tags": {"a": "c"},
            },
            {TRUST: trust("ecs-tasks.amazonaws.com"), "tags": {}, "purge_tags": True},
            {"state": "absent"},
        ),
    ),
    usual={"managed": True},
    # A document here and a text in the model; tests/unit/plugins/module_utils/_iam compares it.
    no_parameters=frozenset({"assume_role_policy_document"}),
    different={"assume_role_policy_document.type": frozenset({"dict", "string"})},
)
