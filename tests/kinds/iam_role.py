"""The IAM role."""

from __future__ import annotations

from typing import Any

from tests.kinds import Kind


def trust(service: str) -> dict[str, Any]:
    return policy(Principal={"Service": service}, Action="sts:AssumeRole")


def policy(**statement: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]}


KIND = Kind(
    module="iam_role",
    identity={"role_name": "mcp-server-task"},
    full={
        "description": "The task role",
        "assume_role_policy_document": trust("ecs-tasks.amazonaws.com"),
        "permissions_boundary": "arn:aws:iam::aws:policy/PowerUserAccess",
        "max_session_duration": 3600,
        "policies": {"data": policy(Action=["s3:GetObject"], Resource=["arn:aws:s3:::example/*"])},
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
    conflict=None,
    usual={"managed": True},
    # A document here and a text in the model; tests/unit/plugins/module_utils/_iam compares it.
    no_parameters=frozenset({"assume_role_policy_document"}),
    different={"assume_role_policy_document.type": frozenset({"dict", "string"})},
)
