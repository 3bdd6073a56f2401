"""Application Auto Scaling. What moto 5.2.5 gets wrong:

- scalable targets have tags (moto: 500, which Terraform repeats for minutes);
- a minimum above the maximum is refused, and so is a new target without both;
- a target tells its three suspensions, and for ECS the service-linked role whatever role it was given (moto: as given);
- DescribeScalingPolicies filters by PolicyNames, DescribeScalingActivities exists;
- a policy or an action needs a registered target, and what is not there is ObjectNotFoundException
  (moto: taken, or ValidationException, or silence);
- a policy that is put again keeps its ARN and leaves no alarms behind;
- ALBRequestCountPerTarget needs a resource label; a scheduled action needs a schedule that can be read and limits;
- a target takes its policies and scheduled actions with it when it is deregistered.

What AWS does with the suspensions that a request leaves out was not checked against AWS; here they become false.
"""

from __future__ import annotations

import json
import re
from typing import Any

from moto.applicationautoscaling.exceptions import AWSValidationException
from moto.applicationautoscaling.models import ApplicationAutoscalingBackend
from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse
from moto.core.exceptions import JsonRESTError
from moto.utilities.utils import get_partition

from sandbox.corrections._patch import wrap


class ResourceNotFound(JsonRESTError):  # type: ignore[misc]
    def __init__(self, arn: str) -> None:
        super().__init__("ResourceNotFoundException", f"The specified resource {arn} does not exist.")


class ObjectNotFound(JsonRESTError):  # type: ignore[misc]
    def __init__(self, what: str, namespace: str, r_id: str, dimension: str, more: str = "") -> None:
        key = f"service namespace: {namespace}, resource ID: {r_id}, scalable dimension: {dimension}{more}"
        super().__init__("ObjectNotFoundException", f"No {what} for {key}")


SUSPENSIONS = ("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended")
SCHEDULE = re.compile(r"(at|rate|cron)\(.+\)")
RESOURCE_LABEL = re.compile(r"app/[^/]+/[^/]+/targetgroup/[^/]+/[^/]+")


def install() -> None:
    wrap(ApplicationAutoscalingBackend, "register_scalable_target", _register)
    wrap(ApplicationAutoscalingBackend, "deregister_scalable_target", _deregister)
    wrap(ApplicationAutoscalingBackend, "put_scaling_policy", _put_policy)
    wrap(ApplicationAutoscalingBackend, "delete_scaling_policy", _delete_policy)
    wrap(ApplicationAutoscalingBackend, "put_scheduled_action", _put_action)
    wrap(ApplicationAutoscalingBackend, "delete_scheduled_action", _delete_action)
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
    role_arn: str | None,
    suspended_state: dict[str, bool] | None,
) -> Any:
    known = self.targets.get(dimension, {}).get(r_id)
    minimum = known.min_capacity if known is not None and min_capacity is None else min_capacity
    maximum = known.max_capacity if known is not None and max_capacity is None else max_capacity
    if minimum is None or maximum is None:
        raise AWSValidationException("Both MinCapacity and MaxCapacity must be specified for a new scalable target.")
    if minimum > maximum:
        raise AWSValidationException("Maximum capacity cannot be less than minimum capacity")
    if known is None or suspended_state is not None:
        suspended_state = {**dict.fromkeys(SUSPENSIONS, False), **(suspended_state or {})}
    if namespace == "ecs":
        role_arn = _service_linked_role(self)
    return original(self, namespace, r_id, dimension, min_capacity, max_capacity, role_arn, suspended_state)


def _service_linked_role(backend: Any) -> str:
    # https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-service-linked-roles.html
    path = (
        "aws-service-role/ecs.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_ECSService"
    )
    return f"arn:{get_partition(backend.region_name)}:iam::{backend.account_id}:role/{path}"


def _need_target(backend: Any, what: str, namespace: str, r_id: str, dimension: str) -> None:
    if r_id not in backend.targets.get(dimension, {}):
        raise ObjectNotFound(what, namespace, r_id, dimension)


def _put_policy(
    original: Any,
    self: Any,
    policy_name: str,
    service_namespace: str,
    resource_id: str,
    scalable_dimension: str,
    policy_body: dict[str, Any],
    policy_type: str | None,
) -> Any:
    key = (service_namespace, resource_id, scalable_dimension)
    _need_target(self, "scalable target registered", *key)
    metric = (policy_body or {}).get("PredefinedMetricSpecification", {})
    label = metric.get("ResourceLabel", "")
    if metric.get("PredefinedMetricType") == "ALBRequestCountPerTarget" and not RESOURCE_LABEL.fullmatch(label):
        raise AWSValidationException(f"Invalid resource label: '{label}'")
    before = _policy(self, policy_name, *key)
    if before is not None:
        before.delete_alarms(self.account_id, self.region_name)
    policy = original(self, policy_name, *key, policy_body, policy_type)
    if before is not None:
        policy.policy_arn, policy.creation_time = before.policy_arn, before.creation_time
    return policy


def _delete_policy(
    original: Any, self: Any, policy_name: str, service_namespace: str, resource_id: str, scalable_dimension: str
) -> None:
    key = (service_namespace, resource_id, scalable_dimension)
    if _policy(self, policy_name, *key) is None:
        raise ObjectNotFound("scaling policy found", *key, more=f", policy name: {policy_name}")
    original(self, policy_name, *key)


def _policy(backend: Any, name: str, *key: str) -> Any:
    for policy in backend.policies.values():
        found = (policy.service_namespace, policy.resource_id, policy.scalable_dimension)
        if policy.policy_name == name and found == key:
            return policy
    return None


def _put_action(original: Any, self: Any, **action: Any) -> None:
    key = (action["service_namespace"], action["resource_id"], action["scalable_dimension"])
    _need_target(self, "scalable target registered", *key)
    limits = action["scalable_target_action"] or {}
    known = _action(self, action["scheduled_action_name"], *key)
    if known is None and not (action["schedule"] and limits):
        raise AWSValidationException("A new scheduled action needs Schedule and ScalableTargetAction")
    if action["schedule"] and not SCHEDULE.fullmatch(action["schedule"]):
        raise AWSValidationException(f"Invalid schedule expression: {action['schedule']}")
    if limits.get("MinCapacity", 0) > limits.get("MaxCapacity", float("inf")):
        raise AWSValidationException("Maximum capacity cannot be less than minimum capacity")
    original(self, **action)


def _delete_action(
    original: Any,
    self: Any,
    service_namespace: str,
    scheduled_action_name: str,
    resource_id: str,
    scalable_dimension: str,
) -> None:
    key = (service_namespace, resource_id, scalable_dimension)
    if _action(self, scheduled_action_name, *key) is None:
        raise ObjectNotFound("scheduled action found", *key, more=f", scheduled action name: {scheduled_action_name}")
    original(self, service_namespace, scheduled_action_name, resource_id, scalable_dimension)


def _action(backend: Any, name: str, *key: str) -> Any:
    for action in backend.scheduled_actions:
        found = (action.service_namespace, action.resource_id, action.scalable_dimension)
        if action.scheduled_action_name == name and found == key:
            return action
    return None


def _deregister(original: Any, self: Any, namespace: str, r_id: str, dimension: str) -> None:
    _need_target(self, "scalable target found", namespace, r_id, dimension)
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
    """What sandbox.fargate.scaling did, newest first; without a data plane nothing scales."""
    activities = getattr(self.applicationautoscaling_backend, "sandbox_activities", [])
    names = ("ServiceNamespace", "ResourceId", "ScalableDimension")
    asked = {name: self._get_param(name) for name in names if self._get_param(name)}
    found = [one for one in activities if all(one[name] == value for name, value in asked.items())]
    return json.dumps({"ScalingActivities": found[: self._get_int_param("MaxResults", 50)]})


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
