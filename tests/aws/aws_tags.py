"""A tag that only AWS sets, as CloudFormation puts it on what its stacks hold."""

from __future__ import annotations

from typing import Any

from sandbox.control import ControlPlane

STACK = {"aws:cloudformation:stack-name": "theirs"}
_UPPER = [{"Key": key, "Value": value} for key, value in STACK.items()]
_LOWER = [{"key": key, "value": value} for key, value in STACK.items()]


def mark(aws: ControlPlane, kind: str, resource: dict[str, Any]) -> None:
    """Put STACK on a resource; kind is its key in the module's result."""
    arn = resource.get(f"{kind}_arn", "")
    if kind == "log_group":
        aws.platform("logs").tag_resource(resourceArn=arn, tags=STACK)
    elif kind == "repository":
        aws.platform("ecr").tag_resource(resourceArn=arn, tags=_UPPER)
    elif kind == "target_group":
        aws.platform("elbv2").add_tags(ResourceArns=[arn], Tags=_UPPER)
    elif kind == "alarm":
        aws.platform("cloudwatch").tag_resource(ResourceARN=arn, Tags=_UPPER)
    elif kind == "scalable_target":
        aws.platform("application-autoscaling").tag_resource(ResourceARN=arn, Tags=STACK)
    else:
        aws.platform("ecs").tag_resource(resourceArn=arn, tags=_LOWER)
