"""A scalable target shows its three suspensions."""

from __future__ import annotations

from typing import Any

from sandbox.tests.emulator.facts.scaling import SERVICE


def test_a_target_shows_its_suspensions(scaling: Any) -> None:
    scaling.register_scalable_target(**SERVICE, MinCapacity=1, MaxCapacity=4)
    (target,) = scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]
    assert len(target["SuspendedState"]) == 3
    assert not any(target["SuspendedState"].values())
    scaling.register_scalable_target(**SERVICE, SuspendedState={"ScheduledScalingSuspended": True})
    (target,) = scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]
    assert [name for name, value in target["SuspendedState"].items() if value] == ["ScheduledScalingSuspended"]
    scaling.register_scalable_target(**SERVICE, MaxCapacity=5)
    (same,) = scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]
    assert same["SuspendedState"] == target["SuspendedState"]
