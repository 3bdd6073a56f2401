"""An impossible scheduled action is refused."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.tests.emulator.facts.scaling import NIGHT, SERVICE


@pytest.mark.parametrize(
    "wrong",
    [
        {"Schedule": "every evening"},
        {"ScalableTargetAction": {"MinCapacity": 2, "MaxCapacity": 1}},
        {"ScalableTargetAction": {}},
    ],
    ids=str,
)
def test_an_impossible_scheduled_action_is_refused(scaling: Any, wrong: dict[str, Any]) -> None:
    scaling.register_scalable_target(**SERVICE, MinCapacity=1, MaxCapacity=4)
    with pytest.raises(ClientError, match="ValidationException"):
        scaling.put_scheduled_action(**SERVICE, **{**NIGHT, **wrong})
    assert scaling.describe_scheduled_actions(ServiceNamespace="ecs")["ScheduledActions"] == []
