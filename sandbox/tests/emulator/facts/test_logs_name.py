"""The name of a log group has few characters."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.tests.emulator.facts.log_group import group


@pytest.mark.parametrize("name", ["/ecs/a b", "/ecs/é", "/ecs/a:b"])
def test_other_characters_are_refused(logs: Any, name: str) -> None:
    with pytest.raises(ClientError, match="regular expression pattern"):
        logs.create_log_group(logGroupName=name)


def test_its_characters_are_taken(logs: Any) -> None:
    assert group(logs)
    logs.create_log_group(logGroupName="/ecs/a.b_c-1#x")
