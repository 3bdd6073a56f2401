"""Application Auto Scaling. What moto 5.2.5 gets wrong:

- scalable targets have tags (moto: 500, which Terraform repeats for minutes);
- a minimum above the maximum is refused, and so is a new target without both;
- DescribeScalingPolicies filters by PolicyNames, DescribeScalingActivities exists;
- a target takes its policies and scheduled actions with it when it is deregistered.
"""

from __future__ import annotations

import json
from typing import Any

from moto.applicationautoscaling.exceptions import AWSValidationException
from moto.applicationautoscaling.models import ApplicationAutoscalingBackend
from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse
from moto.core.exceptions import JsonRESTError

from sandbox.corrections._patch import wrap


class ResourceNotFound(JsonRESTError):  # type: ignore[misc]
    def __init__(self, arn: str) -> None:
        super().__init__("ResourceNotFoundException", f"The specified resource {arn} does not exist.")


def install() -> None:
    wrap(ApplicationAutoscalingBackend, "register_scalable_target", _register)
    wrap(ApplicationAutoscalingBackend, "deregister_scalable_target", _deregister)
    wrap(ApplicationAutoScalingResponse, "register_scalable_target", _register_with_tags)
    wrap(ApplicationAutoScalingResponse, "describe_scaling_policies", _describe_policies)
    ApplicationAutoScalingResponse.list_tags_for_resource = _list_tags
    ApplicationAutoScalingResponse.tag_resource = _tag
    ApplicationAutoScalingResponse.untag_resource = _untag
    ApplicationAutoScalingResponse.describe_scaling_activities = _describe_activities


def _register(
    original: Any,
    self: Any,
    namespace: str,
    r_id: str,
    dimension: str,
    min_capacity: int | None,
    max_capacity: int | None,
    **kwargs: Any,
) -> Any:
    known = self.targets.get(dimension, {}).get(r_id)
    minimum = known.min_capacity if known is not None and min_capacity is None else min_capacity
    maximum = known.max_capacity if known is not None and max_capacity is None else max_capacity
    if minimum is None or maximum is None:
        raise AWSValidationException("Both MinCapacity and MaxCapacity must be specified for a new scalable target.")
    if minimum > maximum:
        raise AWSValidationException("Maximum capacity cannot be less than minimum capacity")
    return original(self, namespace, r_id, dimension, min_capacity=min_capacity, max_capacity=max_capacity, **kwargs)


def _deregister(original: Any, self: Any, namespace: str, r_id: str, dimension: str) -> None:
    original(self, namespace, r_id, dimension)
    for policy in list(self.policies.values()):
        if (policy.resource_id, policy.scalable_dimension) == (r_id, dimension):
            self.delete_scaling_policy(policy.policy_name, namespace, r_id, dimension)
    self.scheduled_actions = [
        action
        for action in self.scheduled_actions
        if (action.resource_id, action.scalable_dimension) != (r_id, dimension)
    ]


def _register_with_tags(original: Any, self: Any) -> str:
    answer: str = original(self)
    if tags := self._get_param("Tags"):
        _target(self, json.loads(answer)["ScalableTargetARN"]).sandbox_tags = dict(tags)
    return answer


def _describe_policies(original: Any, self: Any) -> str:
    answer: str = original(self)
    names = self._get_param("PolicyNames")
    if not names:
        return answer
    found = json.loads(answer)
    found["ScalingPolicies"] = [policy for policy in found["ScalingPolicies"] if policy["PolicyName"] in names]
    return json.dumps(found)


def _describe_activities(self: Any) -> str:
    """Nothing scales in the sandbox, so there is never an activity."""
    return json.dumps({"ScalingActivities": []})


def _list_tags(self: Any) -> str:
    return json.dumps({"Tags": _tags(self)})


def _tag(self: Any) -> str:
    _tags(self).update(self._get_param("Tags"))
    return "{}"


def _untag(self: Any) -> str:
    tags = _tags(self)
    for key in self._get_param("TagKeys"):
        tags.pop(key, None)
    return "{}"


def _tags(response: Any) -> dict[str, str]:
    target = _target(response, response._get_param("ResourceARN"))
    if not hasattr(target, "sandbox_tags"):
        target.sandbox_tags = {}
    tags: dict[str, str] = target.sandbox_tags
    return tags


def _target(response: Any, arn: str) -> Any:
    for targets in response.applicationautoscaling_backend.targets.values():
        for target in targets.values():
            if target.arn == arn:
                return target
    raise ResourceNotFound(arn)
