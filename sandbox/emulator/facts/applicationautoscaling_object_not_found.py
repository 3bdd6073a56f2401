"""A policy or a scheduled action needs a registered target, and what is not there is ObjectNotFoundException
(moto 5.2.5 accepts it, answers ValidationException, or says nothing).

Source: https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PutScalingPolicy.html
"""

from __future__ import annotations

from typing import Any

from moto.applicationautoscaling.models import ApplicationAutoscalingBackend
from moto.core.exceptions import JsonRESTError

from sandbox.emulator.patch import wrap

Key = tuple[str, str, str]
"""Service namespace, resource ID and scalable dimension."""


class ObjectNotFound(JsonRESTError):  # type: ignore[misc]
    def __init__(self, what: str, key: Key, more: str = "") -> None:
        names = f"service namespace: {key[0]}, resource ID: {key[1]}, scalable dimension: {key[2]}{more}"
        super().__init__("ObjectNotFoundException", f"No {what} for {names}")


def install() -> None:
    wrap(ApplicationAutoscalingBackend, "deregister_scalable_target", _deregister)
    wrap(ApplicationAutoscalingBackend, "put_scaling_policy", _put_policy)
    wrap(ApplicationAutoscalingBackend, "delete_scaling_policy", _delete_policy)
    wrap(ApplicationAutoscalingBackend, "put_scheduled_action", _put_action)
    wrap(ApplicationAutoscalingBackend, "delete_scheduled_action", _delete_action)


def _need_target(backend: Any, what: str, key: Key) -> None:
    if key[1] not in backend.targets.get(key[2], {}):
        raise ObjectNotFound(what, key)


def _deregister(original: Any, self: Any, namespace: str, r_id: str, dimension: str) -> None:
    _need_target(self, "scalable target found", (namespace, r_id, dimension))
    original(self, namespace, r_id, dimension)


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
    _need_target(self, "scalable target registered", key)
    return original(self, policy_name, *key, policy_body, policy_type)


def _delete_policy(
    original: Any, self: Any, policy_name: str, service_namespace: str, resource_id: str, scalable_dimension: str
) -> None:
    key = (service_namespace, resource_id, scalable_dimension)
    if not any(one.policy_name == policy_name and _key(one) == key for one in self.policies.values()):
        raise ObjectNotFound("scaling policy found", key, f", policy name: {policy_name}")
    original(self, policy_name, *key)


def _put_action(original: Any, self: Any, **action: Any) -> None:
    key = (action["service_namespace"], action["resource_id"], action["scalable_dimension"])
    _need_target(self, "scalable target registered", key)
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
    actions = [one for one in self.scheduled_actions if _key(one) == key]
    if not any(one.scheduled_action_name == scheduled_action_name for one in actions):
        raise ObjectNotFound("scheduled action found", key, f", scheduled action name: {scheduled_action_name}")
    original(self, service_namespace, scheduled_action_name, resource_id, scalable_dimension)


def _key(one: Any) -> Key:
    return (one.service_namespace, one.resource_id, one.scalable_dimension)
