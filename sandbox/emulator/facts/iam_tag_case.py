"""Tagging a role with a key that differs in case only from one that it has replaces that tag
(moto 5.2.5 keeps both when they come in two calls).

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html
"""

from __future__ import annotations

from typing import Any

from moto.iam.models import IAMBackend

from sandbox.emulator.patch import wrap


def install() -> None:
    wrap(IAMBackend, "tag_role", _tag_role)


def _tag_role(original: Any, self: Any, role_name: str, tags: list[dict[str, str]]) -> None:
    role = self.get_role(role_name)
    before = list(role.tags)
    original(self, role_name, tags)
    given = {tag["Key"].lower() for tag in tags}
    role.tags = [*(tag for tag in before if tag["Key"].lower() not in given), *tags]
