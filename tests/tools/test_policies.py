"""What two judges of IAM policies find in the deployer's policy and in those of the roles that the collection creates.

parliament knows actions, resources and conditions; policy-sentry has the service authorization reference as a database.
Whatever they find is explained here, and what is explained is still found.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from ansible_collections.quilt.mcp_server.plugins.filter.policies import (
    execution_role_policy,
    infrastructure_role_policy,
    task_role_policy,
)

from tools import deployer_policy

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of pkg_resources
    import parliament
    from policy_sentry.querying.actions import get_action_data

KEY = "arn:aws:kms:us-east-1:123456789012:key/0a1b"
SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:sales-prod/mcp-server/jwt-a1b2c3"
PLACE = {
    "account": "123456789012",
    "region": "us-east-1",
    "stack": "sales-prod",
    "role": ["ecsTaskRole"],
    "infrastructure_role": ["ecsInfrastructureRole"],
    "vpc_id": ["vpc-0a1b2c3d"],
    "boundary": ["arn:aws:iam::123456789012:policy/boundary"],
    "repository_key": [KEY],
    "pull_through": ["docker-hub/team/app"],
    "secret_key": [KEY],
}
SCOPE = {"partition": "aws", "region": "us-east-1", "account_id": "123456789012"}
KEPT = {
    "task role": task_role_policy(
        SCOPE,
        buckets=["quilt-raw"],
        writable_buckets=["quilt-staging"],
        athena_workgroups=["quilt"],
        athena_results=["quilt-staging/athena"],
        glue_databases=["quilt"],
        assumable_roles=["arn:aws:iam::123456789012:role/reader"],
        kms_keys=[KEY],
        execute_command=True,
    ),
    "execution role": execution_role_policy(
        SCOPE,
        "arn:aws:ecr:us-east-1:123456789012:repository/quilt-mcp-server",
        "arn:aws:logs:us-east-1:123456789012:log-group:/ecs/mcp",
        [SECRET, "arn:aws:ssm:us-east-1:123456789012:parameter/a"],
        [KEY],
        pull_through=True,
    ),
    "infrastructure role": infrastructure_role_policy(SCOPE, "sales-prod"),
}
POLICIES = {
    **{
        part: deployer_policy.render(statements, deployer_policy.values_of(PLACE))
        for part, statements in deployer_policy.source().items()
    },
    **KEPT,
}
# What parliament finds, by policy: the finding and what it is about, with the reason why it stays.
OF_OTHERS = "whether others run images of the repository, which destroy.yml asks in all clusters"
NEWER = "newer than parliament, in the service authorization reference"
NETWORK_TOO = "parliament wants the form of Network Load Balancers in addition to that of the Application one"
MANAGES = "is what the part is for"
EXPLAINED = {
    **{("look", f"resource_star ecs:{what}"): OF_OTHERS for what in ("DescribeServices", "DescribeTasks", "ListTasks")},
    ("image", "credentials_exposure ecr:GetAuthorizationToken"): "who pushes images logs in",
    ("image", "permissions_management_actions ecr:SetRepositoryPolicy"): MANAGES,
    **{
        (policy, "resource_mismatch ecr:BatchImportUpstreamImage"): "parliament knows no resource of it; the service "
        "authorization reference has the repository"
        for policy in ("image", "execution role")
    },
    ("image", "permissions_management_actions kms:CreateGrant"): "ECR grants itself the use of the key of a repository",
    ("image", "permissions_management_actions kms:RetireGrant"): "and gives it back when the repository is deleted",
    ("route", "resource_mismatch ec2:CreateSecurityGroup"): "the VPC, in which the group is created, has another form",
    **{
        ("route", f"resource_mismatch elasticloadbalancing:{what}"): NETWORK_TOO
        for what in ("CreateRule", "DeleteRule", "ModifyRule", "SetRulePriorities")
    },
    (
        "route",
        "unknown_condition_for_action Unknown condition elasticloadbalancing:CreateAction for action "
        "elasticloadbalancing:AddTags",
    ): NEWER,
    **{
        ("service", f"unknown_action Unknown action {action}"): NEWER
        for action in (
            "ecs:ContinueServiceDeployment",
            "ecs:StopServiceDeployment",
            "logs:PutLogGroupDeletionProtection",
        )
    },
    ("scaling", "permissions_management_actions iam:CreateServiceLinkedRole"): "AWS's own role, for one service",
    **{
        ("roles", f"permissions_management_actions iam:{what}"): MANAGES
        for what in (
            "CreateRole",
            "DeleteRole",
            "DeleteRolePolicy",
            "DetachRolePolicy",
            "PutRolePermissionsBoundary",
            "PutRolePolicy",
            "UpdateAssumeRolePolicy",
            "UpdateRole",
        )
    },
    (
        "roles",
        "unknown_condition_for_action Unknown condition iam:PermissionsBoundary for action iam:UpdateAssumeRolePolicy",
    ): NEWER,
    (
        "roles",
        "mismatched_type_but_usable Type mismatch: StringEquals requires a value of type String but given Arn",
    ): "as in the examples of the IAM User Guide",
    ("task role", "credentials_exposure sts:AssumeRole"): "the server assumes the roles that it is given for its users",
    ("task role", "resource_mismatch s3:GetObjectAttributes"): "parliament wants a bucket, the reference an object",
    ("execution role", "credentials_exposure ecr:GetAuthorizationToken"): "ECS logs in to pull the image",
    ("infrastructure role", "resource_mismatch elasticloadbalancing:ModifyRule"): NETWORK_TOO,
}
# Actions that the service authorization reference could narrow and a policy does not, with the reason.
WIDE = {f"ecs:{what}": OF_OTHERS for what in ("DescribeServices", "DescribeTasks", "ListTasks")}
# What policy-sentry's database does not have yet.
UNLISTED = {"ecs:ContinueServiceDeployment"}


def findings(policy: Mapping[str, Any]) -> Iterator[str]:
    """Each finding of parliament, as "FINDING what"."""
    for finding in parliament.analyze_policy_string(json.dumps(policy), include_community_auditors=True).findings:
        for about in _about(finding):
            yield f"{finding.issue} {about}".lower()


def _about(finding: Any) -> list[str]:
    """The actions that a finding is about, or its text."""
    found = finding.detail if isinstance(finding.detail, list) else finding.location.get("actions", [])
    actions = [one["action"] if isinstance(one, dict) else str(one) for one in found]
    return actions or [str(finding.detail)]


@pytest.mark.parametrize("name", POLICIES)
def test_parliament_finds_nothing_but_what_is_explained(name: str) -> None:
    explained = {what.lower() for policy, what in EXPLAINED if policy == name}
    assert set(findings(POLICIES[name])) == explained


def narrower(action: str, statement: Mapping[str, Any]) -> list[str]:
    """What the service authorization reference lets an action be limited by, where a statement limits nothing."""
    if action in UNLISTED or statement["Resource"] != ["*"] or "Condition" in statement:
        return []
    service, _colon, name = action.partition(":")
    known = get_action_data(service, name)
    assert known, f"policy-sentry does not know {action}: it is not used on all resources"
    return sorted({one["resource_arn_format"] for one in known[service]} - {"*"})


def test_every_action_that_can_be_narrowed_is_narrowed_or_explained() -> None:
    wide = {
        action
        for policy in POLICIES.values()
        for statement in policy["Statement"]
        for action in statement["Action"]
        if narrower(action, statement)
    }
    assert wide == set(WIDE)


def test_each_role_is_passed_to_one_service() -> None:
    passed = [one for one in POLICIES["service"]["Statement"] if one["Action"] == ["iam:PassRole"]]
    services = {
        arn: one["Condition"]["StringEquals"]["iam:PassedToService"] for one in passed for arn in one["Resource"]
    }
    assert {arn.partition("role/")[2]: service for arn, service in services.items()} == {
        "sales-prod-mcp-server-production-task": ["ecs-tasks.amazonaws.com"],
        "sales-prod-mcp-server-production-execution": ["ecs-tasks.amazonaws.com"],
        "sales-prod-mcp-server-production-ecs": ["ecs.amazonaws.com"],
        "ecsTaskRole": ["ecs-tasks.amazonaws.com"],
        "ecsInfrastructureRole": ["ecs.amazonaws.com"],
    }


def test_no_role_is_made_or_changed_without_the_boundary() -> None:
    (kept,) = (one for one in POLICIES["roles"]["Statement"] if "iam:CreateRole" in one["Action"])
    assert {"iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy"} <= set(kept["Action"])
    assert kept["Condition"] == {"StringEquals": {"iam:PermissionsBoundary": PLACE["boundary"]}}
