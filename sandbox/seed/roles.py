"""The roles of ECS tasks, and of those who read Quilt's data."""

from __future__ import annotations

import json

from sandbox.clients import Clients
from sandbox.seed.stack import Quilt, Stack

_EXECUTION_POLICY = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"


def lay(aws: Clients, stack: Stack) -> None:
    iam, tags = aws("iam"), stack.tags()
    iam.create_service_linked_role(AWSServiceName="ecs.amazonaws.com")
    tasks = _trust({"Service": "ecs-tasks.amazonaws.com"})
    iam.create_role(RoleName=stack.task_role, AssumeRolePolicyDocument=tasks, Description="Quilt AWS access", Tags=tags)
    iam.create_role(RoleName=stack.execution_role, AssumeRolePolicyDocument=tasks, Tags=tags)
    iam.attach_role_policy(RoleName=stack.execution_role, PolicyArn=_EXECUTION_POLICY)
    if stack.quilt is not None:
        access = _quilt_access(stack.quilt)
        iam.put_role_policy(RoleName=stack.task_role, PolicyName="quilt-access", PolicyDocument=access)
        # What a user of the MCP server may become: read access to the stack's buckets.
        account, name = _trust({"AWS": f"arn:aws:iam::{stack.account_id}:root"}), f"{stack.name}-quilt-read"
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=account, Tags=tags)
        iam.put_role_policy(RoleName=name, PolicyName="quilt-access", PolicyDocument=access)


def _trust(principal: dict[str, str]) -> str:
    return _policy({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})


def _quilt_access(quilt: Quilt) -> str:
    arns = [f"arn:aws:s3:::{bucket}" for bucket in quilt.buckets]
    objects = [f"{arn}/*" for arn in arns]
    return _policy(
        {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": arns},
        {"Effect": "Allow", "Action": ["s3:GetObject", "s3:GetObjectVersion"], "Resource": objects},
    )


def _policy(*statements: dict[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
