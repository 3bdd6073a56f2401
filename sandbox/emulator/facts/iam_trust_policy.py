"""A role's trust policy is validated when the role is created (moto 5.2.5: only when it is updated).

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
"""

from __future__ import annotations

from typing import Any

from moto.iam.models import IAMBackend
from moto.iam.policy_validation import IAMTrustPolicyDocumentValidator

from sandbox.emulator.patch import wrap


def install() -> None:
    wrap(IAMBackend, "create_role", _create_role)


def _create_role(
    original: Any, self: Any, role_name: str, assume_role_policy_document: str, *args: Any, **kwargs: Any
) -> Any:
    # Service-linked roles come from AWS itself, with a trust policy that users may not write.
    if not kwargs.get("linked_service"):
        IAMTrustPolicyDocumentValidator(assume_role_policy_document).validate()
    return original(self, role_name, assume_role_policy_document, *args, **kwargs)
