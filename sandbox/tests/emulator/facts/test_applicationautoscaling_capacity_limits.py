"""Impossible limits of a scalable target are refused."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.tests.emulator.facts.scaling import SERVICE


@pytest.mark.parametrize("limits", [{"MinCapacity": 3, "MaxCapacity": 2}, {"MinCapacity": 1}, {"MaxCapacity": 1}])
def test_impossible_limits_are_refused(scaling: Any, limits: dict[str, int]) -> None:
    with pytest.raises(ClientError, match="ValidationException"):
        scaling.register_scalable_target(**SERVICE, **limits)


def test_one_limit_of_a_known_target_may_change(scaling: Any) -> None:
    scaling.register_scalable_target(**SERVICE, MinCapacity=1, MaxCapacity=4)
    scaling.register_scalable_target(**SERVICE, MaxCapacity=6)
    with pytest.raises(ClientError, match="ValidationException"):
        scaling.register_scalable_target(**SERVICE, MinCapacity=7)
    (target,) = scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (1, 6)
