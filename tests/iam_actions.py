"""What IAM has to allow for an AWS call, where that is more or other than the action of the call's name.

From the Service Authorization Reference and the services' guides as far as they are known here; nothing of it could be
tried against AWS. docs/deployer-policy.md says which facts a policy that is too narrow would show first.
"""

from __future__ import annotations

from collections.abc import Iterable

# The boto3 client's name of a service, where IAM has another one.
PREFIXES = {"elbv2": "elasticloadbalancing"}

# AWS answers this to everybody.
FREE = {"sts:GetCallerIdentity"}

# An API call needs the action of its name, and these: tags given at creation are judged as tagging, a role that is
# given to it as passing it, a policy of Application Auto Scaling as what it does to alarms and to the service.
ALSO = {
    "application-autoscaling:PutScalingPolicy": {
        "cloudwatch:DeleteAlarms",
        "cloudwatch:DescribeAlarms",
        "cloudwatch:PutMetricAlarm",
        "ecs:DescribeServices",
        "ecs:UpdateService",
    },
    "application-autoscaling:RegisterScalableTarget": {
        "application-autoscaling:TagResource",
        "iam:CreateServiceLinkedRole",
    },
    "cloudwatch:PutMetricAlarm": {"cloudwatch:TagResource"},
    "ec2:CreateSecurityGroup": {"ec2:CreateTags"},
    "ecr:CreateRepository": {"ecr:TagResource", "kms:CreateGrant", "kms:DescribeKey"},
    "ecr:DeleteRepository": {"kms:RetireGrant"},
    "ecs:CreateService": {"ecs:TagResource", "iam:CreateServiceLinkedRole", "iam:PassRole"},
    "ecs:RegisterTaskDefinition": {"ecs:TagResource", "iam:PassRole"},
    "ecs:UpdateService": {"iam:PassRole"},
    "elasticloadbalancing:CreateRule": {"elasticloadbalancing:AddTags"},
    "elasticloadbalancing:CreateTargetGroup": {"elasticloadbalancing:AddTags"},
    "iam:CreateRole": {"iam:PutRolePermissionsBoundary", "iam:TagRole"},
    "logs:CreateLogGroup": {"logs:TagResource"},
    "secretsmanager:GetSecretValue": {"kms:Decrypt"},
    "ssm:PutParameter": {"ssm:AddTagsToResource"},
}

# What Docker does with the registry's token; the registry judges it as API calls of the token's owner.
PUSH = {
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:CompleteLayerUpload",
    "ecr:GetDownloadUrlForLayer",
    "ecr:InitiateLayerUpload",
    "ecr:PutImage",
    "ecr:UploadLayerPart",
}

# What BatchGetImage needs in addition, of an image behind a pull-through cache that ECR has not fetched.
FETCH = {"ecr:BatchImportUpstreamImage", "ecr:CreateRepository"}


def actions(service: str, operation: str) -> set[str]:
    """The IAM actions of a call; `service` is the name of the boto3 client."""
    own = f"{PREFIXES.get(service, service)}:{operation}"
    return set() if own in FREE else {own} | ALSO.get(own, set())


def needed(calls: Iterable[tuple[str, str]]) -> set[str]:
    """The IAM actions of all these calls, each (service, operation)."""
    return {action for service, operation in calls for action in actions(service, operation)}
