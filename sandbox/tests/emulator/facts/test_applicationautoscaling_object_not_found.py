"""A missing object is ObjectNotFoundException."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.tests.emulator.facts.scaling import NIGHT, SERVICE, TRACKING


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("put_scaling_policy", {"PolicyName": "p", **TRACKING}),
        ("put_scheduled_action", NIGHT),
        ("delete_scaling_policy", {"PolicyName": "p"}),
        ("delete_scheduled_action", {"ScheduledActionName": "night"}),
        ("deregister_scalable_target", {}),
    ],
    ids=str,
)
def test_what_is_not_there_is_not_found(scaling: Any, operation: str, request_: dict[str, Any]) -> None:
    with pytest.raises(ClientError, match="ObjectNotFoundException"):
        getattr(scaling, operation)(**SERVICE, **request_)
