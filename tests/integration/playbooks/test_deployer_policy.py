"""The deployer's policy and the resources of other owners. The deployment's are compared where it has most of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.iam_resources import Resources

if TYPE_CHECKING:
    from sandbox.emulator.control_plane import ControlPlane


def test_what_belongs_to_others_is_never_named_without_a_condition(aws: ControlPlane) -> None:
    assert Resources(aws).exposed() == []
