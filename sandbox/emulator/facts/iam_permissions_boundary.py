"""A permissions boundary must be a policy that exists (moto 5.2.5 takes any ARN).

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePermissionsBoundary.html
"""

from __future__ import annotations

from typing import Any

from moto.iam.exceptions import NoSuchEntity
from moto.iam.models import IAMBackend

from sandbox.emulator.patch import wrap


def install() -> None:
    wrap(IAMBackend, "create_role", _create_role)
    wrap(IAMBackend, "put_role_permissions_boundary", _put)


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
    _require(self, permissions_boundary)
    return original(self, role_name, assume_role_policy_document, path, permissions_boundary, *args, **kwargs)


def _put(original: Any, self: Any, role_name: str, permissions_boundary: str) -> Any:
    _require(self, permissions_boundary)
    return original(self, role_name, permissions_boundary)


def _require(backend: Any, arn: str | None) -> None:
    if arn and arn not in backend.managed_policies:
        raise NoSuchEntity(f"Scope ARN: {arn} does not exist or is not attachable.")
