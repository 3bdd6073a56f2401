"""What a contender made in its account, by type (pure)."""

from __future__ import annotations

from collections import Counter
from typing import Any

Document = dict[str, Any]
# A part of the key that sandbox.account gives to a resource, and the resource's type.
TYPES = {
    ":listener-rule/": "listener rule",
    ":targetgroup/": "target group",
    ":service/": "ECS service",
    ":task-definition/": "task definition",
    ":role/": "IAM role",
    ":log-group:": "log group",
    ":repository/": "ECR repository",
    ":alarm:": "CloudWatch alarm",
    "scalable target ": "scalable target",
    "parameter ": "parameter",
    "sg-": "security group",
}
# Parts of a resource's document that are resources of their own elsewhere.
PARTS = {"Inline": "IAM role policy", "IpPermissions": "ingress rule", "IpPermissionsEgress": "egress rule"}


def made(before: Document, after: Document) -> Counter[str]:
    """How many resources of each type are there after and were not before."""
    found: Counter[str] = Counter()
    for key in after.keys() - before.keys():
        found[next((kind for part, kind in TYPES.items() if part in key), key)] += 1
        found.update({kind: len(after[key][part]) for part, kind in PARTS.items() if part in after[key]})
    return found
