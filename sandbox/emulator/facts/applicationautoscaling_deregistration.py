"""A scalable target takes its policies and scheduled actions with it when it is deregistered
(moto 5.2.5 keeps them).

Source: https://docs.aws.amazon.com/autoscaling/application/APIReference/API_DeregisterScalableTarget.html
"""

from __future__ import annotations

from typing import Any

from moto.applicationautoscaling.models import ApplicationAutoscalingBackend

from sandbox.emulator.patch import wrap


def install() -> None:
    wrap(ApplicationAutoscalingBackend, "deregister_scalable_target", _deregister)


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
