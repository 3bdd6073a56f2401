"""IAM. What moto 5.2.5 gets wrong:

- a role's trust policy is validated when the role is created (moto: only when it is updated);
- a permissions boundary must be a policy that exists;
- a managed policy that is attached, or is somebody's boundary, cannot be deleted.

AWS's own managed policies are there because the control plane sets MOTO_IAM_LOAD_MANAGED_POLICIES. There are 1,500 of
them, so they are built once for a process and not again at every reset.
"""

from __future__ import annotations

from typing import Any

from moto.iam.exceptions import DeleteConflictException, NoSuchEntity
from moto.iam.models import IAMBackend
from moto.iam.policy_validation import IAMTrustPolicyDocumentValidator

from sandbox.corrections._patch import wrap


def install() -> None:
    wrap(IAMBackend, "_init_aws_policies", _init_aws_policies)
    wrap(IAMBackend, "create_role", _create_role)
    wrap(IAMBackend, "put_role_permissions_boundary", _put_role_permissions_boundary)
    wrap(IAMBackend, "delete_policy", _delete_policy)


_aws_policies: dict[tuple[str, str], list[Any]] = {}


def _init_aws_policies(original: Any, self: Any) -> list[Any]:
    key = (self.account_id, self.region_name)
    if key not in _aws_policies:
        _aws_policies[key] = original(self)
    for policy in _aws_policies[key]:
        policy.attachment_count = 0
    return list(_aws_policies[key])


def _create_role(
    original: Any,
    self: Any,
    role_name: str,
    assume_role_policy_document: str,
    path: str,
    permissions_boundary: str | None,
    *args: Any,
    **kwargs: Any,
) -> Any:
    # Service-linked roles come from AWS itself, with a trust policy that users may not write.
    if not kwargs.get("linked_service"):
        IAMTrustPolicyDocumentValidator(assume_role_policy_document).validate()
    _require_boundary(self, permissions_boundary)
    return original(self, role_name, assume_role_policy_document, path, permissions_boundary, *args, **kwargs)


def _put_role_permissions_boundary(original: Any, self: Any, role_name: str, permissions_boundary: str) -> Any:
    _require_boundary(self, permissions_boundary)
    return original(self, role_name, permissions_boundary)


def _require_boundary(backend: Any, arn: str | None) -> None:
    if arn and arn not in backend.managed_policies:
        raise NoSuchEntity(f"Scope ARN: {arn} does not exist or is not attachable.")


def _delete_policy(original: Any, self: Any, policy_arn: str) -> Any:
    policy = self.managed_policies.get(policy_arn)
    bounded = any(role.permissions_boundary_arn == policy_arn for role in self.get_roles())
    if policy is not None and (policy.attachment_count > 0 or bounded):
        raise DeleteConflictException("Cannot delete a policy attached to entities.")
    return original(self, policy_arn)
