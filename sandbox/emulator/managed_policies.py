"""AWS's own IAM policies. There are 1,500 of them, so they are built once for a process, not again at each reset.

They are there because the control plane sets MOTO_IAM_LOAD_MANAGED_POLICIES.
"""

from __future__ import annotations

from typing import Any

from moto.iam.models import IAMBackend

from sandbox.emulator.patch import wrap

_built: dict[tuple[str, str], list[Any]] = {}


def keep() -> None:
    """Build them once. May be called any number of times."""
    wrap(IAMBackend, "_init_aws_policies", _init_aws_policies)


def _init_aws_policies(original: Any, self: Any) -> list[Any]:
    key = (self.account_id, self.region_name)
    if key not in _built:
        _built[key] = original(self)
    for policy in _built[key]:
        policy.attachment_count = 0
    return list(_built[key])
