"""Policies have their sizes: a role's inline policies 10,240 characters together, its trust policy 2,048, a managed
policy 6,144, white space aside; a role has at most 10 managed policies; and its name is taken in whatever case
(moto 5.2.5 counts nothing and compares names by case).

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""

from __future__ import annotations

from typing import Any

from moto.iam.exceptions import EntityAlreadyExists, LimitExceededException
from moto.iam.models import IAMBackend

from sandbox.emulator.patch import wrap

INLINE, TRUST, MANAGED, ATTACHED = 10_240, 2_048, 6_144, 10


def install() -> None:
    wrap(IAMBackend, "create_role", _create_role)
    wrap(IAMBackend, "update_assume_role_policy", _update_trust)
    wrap(IAMBackend, "put_role_policy", _put_role_policy)
    wrap(IAMBackend, "create_policy", _create_policy)
    wrap(IAMBackend, "attach_role_policy", _attach_role_policy)


def _size(document: str) -> int:
    """IAM does not count white space."""
    return len("".join(document.split()))


def _create_role(
    original: Any, self: Any, role_name: str, assume_role_policy_document: str, *args: Any, **kwargs: Any
) -> Any:
    if any(role.name.lower() == role_name.lower() for role in self.roles.values()):
        raise EntityAlreadyExists(f"Role with name {role_name} already exists.")
    _check_trust(assume_role_policy_document)
    return original(self, role_name, assume_role_policy_document, *args, **kwargs)


def _update_trust(original: Any, self: Any, role_name: str, policy_document: str) -> Any:
    _check_trust(policy_document)
    return original(self, role_name, policy_document)


def _check_trust(document: str) -> None:
    if _size(document) > TRUST:
        raise LimitExceededException(f"Cannot exceed quota for ACLSizePerRole: {TRUST}")


def _put_role_policy(original: Any, self: Any, role_name: str, policy_name: str, policy_json: str) -> Any:
    others = {name: text for name, text in self.get_role(role_name).policies.items() if name != policy_name}
    if sum(_size(str(text)) for text in (*others.values(), policy_json)) > INLINE:
        raise LimitExceededException(f"Maximum policy size of {INLINE} bytes exceeded for role {role_name}")
    return original(self, role_name, policy_name, policy_json)


def _create_policy(original: Any, self: Any, description: str, path: str, policy_document: str, *args: Any) -> Any:
    if _size(policy_document) > MANAGED:
        raise LimitExceededException(f"Cannot exceed quota for PolicySize: {MANAGED}")
    return original(self, description, path, policy_document, *args)


def _attach_role_policy(original: Any, self: Any, policy_arn: str, role_name: str) -> Any:
    attached = set(self.get_role(role_name).managed_policies) | {policy_arn}
    if len(attached) > ATTACHED:
        raise LimitExceededException(f"Cannot exceed quota for PoliciesPerRole: {ATTACHED}")
    return original(self, policy_arn, role_name)
