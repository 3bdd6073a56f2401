# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""Deployments that shift traffic: how long they wait, what belongs to which strategy, how far one is. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from .._core.problem import Problem
from .._core.shapes import Document
from .deployment_state import waiting_hooks

SETTINGS = {"CANARY": "canary_configuration", "LINEAR": "linear_configuration"}
DEFAULTS: dict[str, Document] = {  # CanaryConfiguration and LinearConfiguration in the API reference
    "canary_configuration": {"canary_percent": 5.0, "canary_bake_time_in_minutes": 10},
    "linear_configuration": {"step_percent": 10.0, "step_bake_time_in_minutes": 6},
}


def of_strategy(configuration: Mapping[str, Any]) -> Document:
    """A deployment_configuration with the settings of its strategy, and without those of others: they mean nothing."""
    own = SETTINGS.get(configuration.get("strategy", ""))
    others = set(DEFAULTS) - {own}
    kept = {name: value for name, value in configuration.items() if name not in others}
    return {own: dict(DEFAULTS[own]), **kept} if own else kept


def problems(configuration: Mapping[str, Any]) -> list[Problem]:
    """What is asked for and can have no effect."""
    strategy = configuration.get("strategy")
    return [
        Problem(
            f"deployment_configuration.{name} is given, and the strategy is {strategy}",
            f"it is of the strategy {owner}",
            f"leave it out, or set the strategy to {owner}",
        )
        for owner, name in SETTINGS.items()
        if configuration.get(name) and strategy not in (None, owner)
    ]


def pauses(configuration: Mapping[str, Any]) -> bool:
    """Whether a deployment_configuration has a hook at which deployments wait for somebody's word."""
    return any(hook.get("target_type") == "PAUSE" for hook in configuration.get("lifecycle_hooks") or [])


def shifts(service: Mapping[str, Any]) -> bool:
    """Whether a service of DescribeServices is deployed by shifting traffic."""
    strategy = service.get("deploymentConfiguration", {}).get("strategy") or "ROLLING"
    return bool(strategy != "ROLLING")


def waits(configuration: Mapping[str, Any]) -> int:
    """The seconds that a deployment waits by its own deploymentConfiguration, in the API's names."""
    strategy = configuration.get("strategy") or "ROLLING"
    if strategy == "ROLLING":
        return 0
    minutes = configuration.get("bakeTimeInMinutes") or 0
    if strategy == "CANARY":
        minutes += configuration.get("canaryConfiguration", {}).get("canaryBakeTimeInMinutes", 10)
    if strategy == "LINEAR":
        linear = configuration.get("linearConfiguration", {})
        steps = math.ceil(100 / linear.get("stepPercent", 10.0))
        minutes += (steps - 1) * linear.get("stepBakeTimeInMinutes", 6)  # no wait after the last step
    return int(minutes * 60)


def progress(record: Mapping[str, Any]) -> str:
    """How far a service deployment of DescribeServiceDeployments is, in a few words."""
    parts = [str(record.get("lifecycleStage") or record.get("status") or "no stage yet")]
    target = record.get("targetServiceRevision", {})
    for kind, name in (("production", "requestedProductionTrafficWeight"), ("test", "requestedTestTrafficWeight")):
        if target.get(name) is not None:
            parts.append(f"{target[name]:g} % of {kind} traffic")
    parts += [f"paused at hook {hook}, which ecs_service_deployment answers" for hook in waiting_hooks(record)]
    return ", ".join(parts)
