"""Secrets Manager. What moto 5.2.5 gets wrong:

- DescribeSecret lists only versions with a staging label (moto: those that lost theirs as well); the others can still
  be read by their id.
"""

from __future__ import annotations

from typing import Any

from moto.secretsmanager.models import FakeSecret

from sandbox.corrections._patch import wrap


def install() -> None:
    wrap(FakeSecret, "_form_version_ids_to_stages", _labelled)


def _labelled(original: Any, self: Any) -> dict[str, Any]:
    return {version: stages for version, stages in original(self).items() if stages}
