"""A scaling policy that is put again keeps its ARN and leaves no alarms of its earlier form
(moto 5.2.5 makes another ARN and leaves the alarms).

Source: https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PutScalingPolicy.html
"""

from __future__ import annotations

from typing import Any

from moto.applicationautoscaling.models import ApplicationAutoscalingBackend

from sandbox.emulator.patch import wrap


def install() -> None:
    wrap(ApplicationAutoscalingBackend, "put_scaling_policy", _put)


def _put(
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
    before = _policy(self, policy_name, *key)
    if before is not None:
        before.delete_alarms(self.account_id, self.region_name)
    policy = original(self, policy_name, *key, policy_body, policy_type)
    if before is not None:
        policy.policy_arn, policy.creation_time = before.policy_arn, before.creation_time
    return policy


def _policy(backend: Any, name: str, *key: str) -> Any:
    for policy in backend.policies.values():
        found = (policy.service_namespace, policy.resource_id, policy.scalable_dimension)
        if policy.policy_name == name and found == key:
            return policy
    return None
