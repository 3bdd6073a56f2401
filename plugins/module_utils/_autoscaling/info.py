# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""Everything that Application Auto Scaling knows about scalable targets, for an operator to read."""

from __future__ import annotations

from typing import Any

from .._core.calls import aws_call
from .._core.shapes import Document, to_snake

MOST_ACTIVITIES = 50


@aws_call("describe the scalable targets of {namespace}")
def scalable_targets(client: Any, namespace: str, resource_id: str | None, activities: int) -> list[Document]:
    """The targets with policies, scheduled actions, tags and at most so many of their latest activities."""
    one = {"ResourceIds": [resource_id]} if resource_id else {}
    found = _all(client, "describe_scalable_targets", "ScalableTargets", ServiceNamespace=namespace, **one)
    return [_described(client, target, activities) for target in found]


def _described(client: Any, target: dict[str, Any], activities: int) -> Document:
    key = {name: target[name] for name in ("ServiceNamespace", "ResourceId", "ScalableDimension")}
    policies = _all(client, "describe_scaling_policies", "ScalingPolicies", **key)
    actions = _all(client, "describe_scheduled_actions", "ScheduledActions", **key)
    return {
        **_snake(client, target, "ScalableTarget"),
        "policies": [_snake(client, policy, "ScalingPolicy") for policy in policies],
        "scheduled_actions": [_snake(client, action, "ScheduledAction") for action in actions],
        "scaling_activities": _activities(client, key, activities),
        "tags": client.list_tags_for_resource(ResourceARN=target["ScalableTargetARN"])["Tags"],
    }


def _activities(client: Any, key: dict[str, str], most: int) -> list[Document]:
    if most < 1:
        return []
    answer = client.describe_scaling_activities(**key, MaxResults=min(most, MOST_ACTIVITIES))
    return [_snake(client, activity, "ScalingActivity") for activity in answer["ScalingActivities"]]


def _all(client: Any, operation: str, key: str, **request: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get_paginator(operation).paginate(**request).build_full_result()[key]
    return found


def _snake(client: Any, answer: dict[str, Any], shape: str) -> Document:
    return to_snake(answer, client.meta.service_model.shape_for(shape))
