"""A managed policy that is attached, or is a permissions boundary, cannot be deleted (moto 5.2.5 deletes it).

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeletePolicy.html
"""

from __future__ import annotations

from typing import Any

from moto.iam.exceptions import DeleteConflictException
from moto.iam.models import IAMBackend

from sandbox.emulator.patch import wrap


def install() -> None:
    wrap(IAMBackend, "delete_policy", _delete_policy)


def _delete_policy(original: Any, self: Any, policy_arn: str) -> Any:
    policy = self.managed_policies.get(policy_arn)
    bounded = any(role.permissions_boundary_arn == policy_arn for role in self.get_roles())
    if policy is not None and (policy.attachment_count > 0 or bounded):
        raise DeleteConflictException("Cannot delete a policy attached to entities.")
    return original(self, policy_arn)
