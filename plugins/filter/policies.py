# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Least-privilege policies of the ECS roles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Policy = dict[str, Any]
Statement = dict[str, Any]


def _statement(sid: str, actions: Iterable[str], resources: Iterable[str], **more: Any) -> Statement | None:
    found = sorted(resources)
    if not found:
        return None
    return {"Sid": sid, "Effect": "Allow", "Action": sorted(actions), "Resource": found, **more}


def _policy(*statements: Statement | None) -> Policy:
    return {"Version": "2012-10-17", "Statement": [statement for statement in statements if statement]}


def task_role_policy(
    scope: Mapping[str, str],
    buckets: Iterable[str] = (),
    writable_buckets: Iterable[str] = (),
    athena_workgroups: Iterable[str] = (),
    athena_results: Iterable[str] = (),
    glue_databases: Iterable[str] = (),
    assumable_roles: Iterable[str] = (),
    kms_keys: Iterable[str] = (),
    execute_command: bool = False,
) -> Policy:
    """Return what the server itself may do.

    ``scope`` holds ``partition``, ``region`` and ``account_id``. Role and key inputs are ARNs, the others names.
    A role's policy must have a statement, so the identity call, which AWS allows every caller, is always there.
    """
    partition, region, account = scope["partition"], scope["region"], scope["account_id"]
    writable = set(writable_buckets)
    readable = set(buckets) | writable
    glue = f"arn:{partition}:glue:{region}:{account}"
    tables = [f"{glue}:{kind}" for name in glue_databases for kind in (f"database/{name}", f"table/{name}/*")]
    workgroups = [f"arn:{partition}:athena:{region}:{account}:workgroup/{name}" for name in athena_workgroups]
    results = [f"arn:{partition}:s3:::{place.strip('/')}" for place in athena_results]
    return _policy(
        {"Sid": "Identity", "Effect": "Allow", "Action": ["sts:GetCallerIdentity"], "Resource": ["*"]},
        _statement(
            "ListBuckets",
            ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketVersions"],
            (f"arn:{partition}:s3:::{bucket}" for bucket in readable),
        ),
        _statement(
            "ReadObjects",
            ["s3:GetObject", "s3:GetObjectVersion", "s3:GetObjectTagging", "s3:GetObjectAttributes"],
            (f"arn:{partition}:s3:::{bucket}/*" for bucket in readable),
        ),
        _statement(
            "WriteObjects",
            ["s3:PutObject", "s3:PutObjectTagging", "s3:AbortMultipartUpload"],
            (f"arn:{partition}:s3:::{bucket}/*" for bucket in writable),
        ),
        # Deleting a package deletes its tags; manifests and data stay.
        _statement(
            "DeletePackages",
            ["s3:DeleteObject"],
            (f"arn:{partition}:s3:::{bucket}/.quilt/named_packages/*" for bucket in writable),
        ),
        _statement(
            "QueryAthena",
            [
                "athena:BatchGetQueryExecution",
                "athena:GetQueryExecution",
                "athena:GetQueryResults",
                "athena:GetWorkGroup",
                "athena:ListQueryExecutions",
                "athena:StartQueryExecution",
                "athena:StopQueryExecution",
            ],
            workgroups,
        ),
        # These two take no resource at AWS, or all of the catalog: a query is authorized by where every table that it
        # could refer to is stored, and that check reads descriptions only.
        _statement("ListAthena", ["athena:ListWorkGroups"], ["*"] if workgroups else []),
        _statement(
            "JudgeQueries",
            ["glue:GetDatabases", "glue:GetPartitions", "glue:GetTables"],
            [f"{glue}:catalog", f"{glue}:database/*", f"{glue}:table/*/*"] if workgroups else [],
        ),
        _statement(
            "WriteQueryResults",
            ["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"],
            (f"{place}/*" for place in results),
        ),
        _statement(
            "ListQueryResults",
            ["s3:GetBucketLocation", "s3:ListBucket"],
            {place.partition("/")[0] for place in results},
        ),
        _statement(
            "ReadGlue",
            [
                "glue:BatchGetPartition",
                "glue:GetDatabase",
                "glue:GetDatabases",
                "glue:GetPartition",
                "glue:GetPartitions",
                "glue:GetTable",
                "glue:GetTables",
            ],
            [f"{glue}:catalog", *tables] if tables else [],
        ),
        _statement("AssumeUserRoles", ["sts:AssumeRole", "sts:SetSourceIdentity"], assumable_roles),
        _statement("UseKeys", ["kms:Decrypt", "kms:GenerateDataKey"], kms_keys),
        # What ECS's agent in the task needs for `aws ecs execute-command`; these actions take no resource.
        _statement(
            "ExecuteCommand",
            [
                "ssmmessages:CreateControlChannel",
                "ssmmessages:CreateDataChannel",
                "ssmmessages:OpenControlChannel",
                "ssmmessages:OpenDataChannel",
            ],
            ["*"] if execute_command else [],
        ),
    )


def execution_role_policy(
    scope: Mapping[str, str],
    repository_arn: str,
    log_group_arn: str,
    secrets: Iterable[str],
    kms_keys: Iterable[str] = (),
    more_repository_arns: Iterable[str] = (),
    pull_through: bool = False,
) -> Policy:
    """Return what ECS may do to start a task: pull the images, read the secrets, write the logs.

    Every resource is an ARN; a secret is one of Secrets Manager or a parameter of SSM. With ``pull_through`` a
    pull-through cache rule is for the repository: whoever pulls its image first makes ECR fetch it and create the
    repository.
    """
    given = list(secrets)
    parameters = [arn for arn in given if arn.split(":")[2:3] == ["ssm"]]
    group = log_group_arn.removesuffix(":*")
    return _policy(
        {"Sid": "LogIn", "Effect": "Allow", "Action": ["ecr:GetAuthorizationToken"], "Resource": ["*"]},
        _statement(
            "PullImage",
            ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
            {repository_arn, *more_repository_arns},
        ),
        _statement(
            "ImportImage",
            ["ecr:BatchImportUpstreamImage", "ecr:CreateRepository"],
            [repository_arn] if pull_through else (),
        ),
        _statement("WriteLogs", ["logs:CreateLogStream", "logs:PutLogEvents"], [f"{group}:*"]),
        _statement("ReadSecrets", ["secretsmanager:GetSecretValue"], (arn for arn in given if arn not in parameters)),
        _statement("ReadParameters", ["ssm:GetParameters"], parameters),
        _statement("Decrypt", ["kms:Decrypt"], kms_keys),
    )


def infrastructure_role_policy(scope: Mapping[str, str], owner: str) -> Policy:
    """Return what ECS may do to shift traffic: register targets and move weights, where the owner's tag is.

    ``owner`` is the value of the tag ``quilt:deployment``. The actions are those of AWS's managed policy
    AmazonECSInfrastructureRolePolicyForLoadBalancers for an Application Load Balancer; that they may be limited by the
    resource's tag is what the service authorization reference says, and was not checked against AWS itself.
    """
    place = f"arn:{scope['partition']}:elasticloadbalancing:{scope['region']}:{scope['account_id']}"
    own = {"Condition": {"StringEquals": {"aws:ResourceTag/quilt:deployment": owner}}}
    described = ["Listeners", "Rules", "TargetGroups", "TargetHealth"]
    return _policy(
        _statement("Look", (f"elasticloadbalancing:Describe{what}" for what in described), ["*"]),
        _statement("MoveWeights", ["elasticloadbalancing:ModifyRule"], [f"{place}:listener-rule/app/*"], **own),
        _statement(
            "RegisterTargets",
            ["elasticloadbalancing:DeregisterTargets", "elasticloadbalancing:RegisterTargets"],
            [f"{place}:targetgroup/*"],
            **own,
        ),
    )


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Any]:
        return {
            "execution_role_policy": execution_role_policy,
            "infrastructure_role_policy": infrastructure_role_policy,
            "task_role_policy": task_role_policy,
        }
