"""DescribeSecret lists only versions with a staging label; the others can still be read by their id
(moto 5.2.5 lists those that lost theirs as well).

Source: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DescribeSecret.html
"""

from __future__ import annotations

from typing import Any

from moto.secretsmanager.models import FakeSecret

from sandbox.emulator.patch import wrap


def install() -> None:
    wrap(FakeSecret, "_form_version_ids_to_stages", _labeled)


def _labeled(original: Any, self: Any) -> dict[str, Any]:
    return {version: stages for version, stages in original(self).items() if stages}
