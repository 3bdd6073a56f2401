# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""The calls that one scalable target needs, and no decision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._core.calls import aws_call
from .._core.shapes import Document, to_snake

GONE = "ObjectNotFoundException"
BUSY = "ConcurrentUpdateException"
# ECS shows a new service to others only after a moment (seen at https://github.com/spinnaker/spinnaker/issues/4371).
NOT_YET = "ECS service doesn't exist"
MOST_ACTIVITIES = 50


class ScalableTargetClient:
    """One scalable target. Every method raises AnsibleAWSError."""

    def __init__(self, autoscaling: Any, key: Mapping[str, str]) -> None:
        self.autoscaling, self.key, self.name = autoscaling, key, key["ResourceId"]

    @aws_call("describe scalable target {self.name}")
    def describe(self) -> dict[str, Any] | None:
        found: list[dict[str, Any]] = self.autoscaling.describe_scalable_targets(
            ServiceNamespace=self.key["ServiceNamespace"],
            ResourceIds=[self.key["ResourceId"]],
            ScalableDimension=self.key["ScalableDimension"],
        )["ScalableTargets"]
        return found[0] if found else None

    @aws_call("list the tags of scalable target {self.name}")
    def tags(self, arn: str) -> dict[str, str]:
        tags: dict[str, str] = self.autoscaling.list_tags_for_resource(ResourceARN=arn).get("Tags", {})
        return tags

    @aws_call("describe the scaling policies of {self.name}")
    def policies(self) -> list[dict[str, Any]]:
        pages = self.autoscaling.get_paginator("describe_scaling_policies").paginate(**self.key)
        found: list[dict[str, Any]] = pages.build_full_result().get("ScalingPolicies", [])
        return sorted(found, key=lambda policy: str(policy["PolicyName"]))

    @aws_call("describe the scheduled actions of {self.name}")
    def actions(self) -> list[dict[str, Any]]:
        pages = self.autoscaling.get_paginator("describe_scheduled_actions").paginate(**self.key)
        found: list[dict[str, Any]] = pages.build_full_result().get("ScheduledActions", [])
        return sorted(found, key=lambda action: str(action["ScheduledActionName"]))

    # A service that really is not there is reported after about half a minute.
    @aws_call("register scalable target {self.name}", retry=[BUSY], retry_messages=[NOT_YET], retries=7)
    def register(self, request: Mapping[str, Any]) -> None:
        self.autoscaling.register_scalable_target(**request)

    @aws_call("put scaling policy {request[PolicyName]} on {self.name}", stale=[GONE], retry=[BUSY])
    def put_scaling_policy(self, request: Mapping[str, Any]) -> None:
        self.autoscaling.put_scaling_policy(**request)

    @aws_call("delete scaling policy {name} of {self.name}", missing=[GONE], retry=[BUSY])
    def delete_scaling_policy(self, name: str) -> None:
        self.autoscaling.delete_scaling_policy(PolicyName=name, **self.key)

    @aws_call("put scheduled action {request[ScheduledActionName]} on {self.name}", stale=[GONE], retry=[BUSY])
    def put_scheduled_action(self, request: Mapping[str, Any]) -> None:
        self.autoscaling.put_scheduled_action(**request)

    @aws_call("delete scheduled action {name} of {self.name}", missing=[GONE], retry=[BUSY])
    def delete_scheduled_action(self, name: str) -> None:
        self.autoscaling.delete_scheduled_action(ScheduledActionName=name, **self.key)

    # Its policies and scheduled actions go with it.
    @aws_call("deregister scalable target {self.name}", missing=[GONE], retry=[BUSY])
    def delete(self) -> None:
        self.autoscaling.deregister_scalable_target(**self.key)

    @aws_call("tag scalable target {self.name}")
    def tag(self, arn: str, tags: Mapping[str, str]) -> None:
        self.autoscaling.tag_resource(ResourceARN=arn, Tags=dict(tags))

    @aws_call("untag scalable target {self.name}")
    def untag(self, arn: str, keys: Sequence[str]) -> None:
        self.autoscaling.untag_resource(ResourceARN=arn, TagKeys=list(keys))


@aws_call("describe the scalable targets of {namespace}")
def described_targets(autoscaling: Any, namespace: str, resource_id: str | None, activities: int) -> list[Document]:
    """The targets with policies, scheduled actions, tags and at most so many of their latest activities."""
    one = {"ResourceIds": [resource_id]} if resource_id else {}
    found = _all(autoscaling, "describe_scalable_targets", "ScalableTargets", ServiceNamespace=namespace, **one)
    return [_described(autoscaling, target, activities) for target in found]


def _described(autoscaling: Any, target: dict[str, Any], activities: int) -> Document:
    key = {name: target[name] for name in ("ServiceNamespace", "ResourceId", "ScalableDimension")}
    policies = _all(autoscaling, "describe_scaling_policies", "ScalingPolicies", **key)
    actions = _all(autoscaling, "describe_scheduled_actions", "ScheduledActions", **key)
    return {
        **_snake(autoscaling, target, "ScalableTarget"),
        "policies": [_snake(autoscaling, policy, "ScalingPolicy") for policy in policies],
        "scheduled_actions": [_snake(autoscaling, action, "ScheduledAction") for action in actions],
        "scaling_activities": _activities(autoscaling, key, activities),
        "tags": autoscaling.list_tags_for_resource(ResourceARN=target["ScalableTargetARN"]).get("Tags", {}),
    }


def _activities(autoscaling: Any, key: dict[str, str], most: int) -> list[Document]:
    if most < 1:
        return []
    answer = autoscaling.describe_scaling_activities(**key, MaxResults=min(most, MOST_ACTIVITIES))
    return [_snake(autoscaling, activity, "ScalingActivity") for activity in answer.get("ScalingActivities", [])]


def _all(autoscaling: Any, operation: str, key: str, **request: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (
        autoscaling.get_paginator(operation).paginate(**request).build_full_result().get(key, [])
    )
    return found


def _snake(autoscaling: Any, answer: dict[str, Any], shape: str) -> Document:
    return to_snake(answer, autoscaling.meta.service_model.shape_for(shape))
