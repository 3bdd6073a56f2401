# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.
"""Capacity provider strategies: what ECS refuses of one, and what a cluster lacks for it. Pure.

Source: CapacityProviderStrategyItem and PutClusterCapacityProviders in the Amazon ECS API Reference.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .._core.problem import Problem

OF_FARGATE = frozenset({"FARGATE", "FARGATE_SPOT"})
MOST = 20
RANGES = {"weight": (0, 1000), "base": (0, 100000)}


@dataclass(frozen=True)
class ClusterCapacity:
    """The capacity providers of a cluster, and its default strategy in the API's names."""

    providers: tuple[str, ...] = ()
    default_strategy: tuple[Mapping[str, Any], ...] = ()

    @classmethod
    def of(cls, cluster: Mapping[str, Any]) -> ClusterCapacity:
        """That of a cluster as DescribeClusters returns it."""
        return cls(
            tuple(cluster.get("capacityProviders") or ()), tuple(cluster.get("defaultCapacityProviderStrategy") or ())
        )


def names_of(strategy: Sequence[Mapping[str, Any]]) -> list[str]:
    """The capacity providers of a strategy, each once."""
    return list(dict.fromkeys(str(item.get("capacity_provider")) for item in strategy if item.get("capacity_provider")))


def strategy_problems(strategy: Sequence[Mapping[str, Any]]) -> Iterator[Problem]:
    """Yield what ECS refuses of a strategy by itself."""
    counted = Counter(str(item.get("capacity_provider") or "") for item in strategy)
    names = names_of(strategy)
    if len(strategy) > MOST:
        yield Problem(f"{len(strategy)} capacity providers", f"a strategy has at most {MOST}", "leave out the others")
    if "" in counted:
        yield Problem(
            "an item without capacity_provider", "it names no capacity", "set capacity_provider, or remove it"
        )
    for name in [name for name in names if counted[name] > 1]:
        yield Problem(f"{name} more than once", "a strategy names each capacity provider once", "keep one of them")
    others = [name for name in names if name not in OF_FARGATE]
    if others and len(others) < len(names):
        yield Problem(
            f"{', '.join(others)} together with {', '.join(sorted(OF_FARGATE & set(names)))}",
            "a strategy has capacity providers of Fargate or others, never both",
            "keep one kind",
        )
    for item in strategy:
        for field, (least, most) in RANGES.items():
            number = item.get(field)
            if isinstance(number, int) and not least <= number <= most:
                yield Problem(
                    f"{field} {number} of {item.get('capacity_provider')}",
                    f"{field} is a whole number from {least} to {most}",
                    f"correct {field}",
                )
    based = [str(item.get("capacity_provider")) for item in strategy if item.get("base")]
    if len(based) > 1:
        yield Problem(
            f"base of {' and '.join(based)}", "one capacity provider of a strategy has a base", "keep one base"
        )
    if len(strategy) > 1 and not any(item.get("weight") for item in strategy):
        yield Problem(
            "no weight above 0",
            "a capacity provider with the weight 0 gets no task beyond its base",
            "set weight to 1 or more for one of them",
        )


def missing(cluster: str, capacity: ClusterCapacity, wanted: Collection[str], region: str = "") -> Problem | None:
    """What a cluster lacks of the capacity providers that are wanted, with the command for its owner."""
    lacks = [name for name in wanted if name not in capacity.providers]
    if not lacks:
        return None
    there = f"it has {', '.join(capacity.providers)}" if capacity.providers else "it has none"
    create = " after creating it" if set(lacks) - OF_FARGATE else ""
    return Problem(
        f"cluster {cluster} has no capacity provider {' and no '.join(lacks)}; {there}",
        "ECS starts tasks only with capacity providers of the cluster, and the cluster belongs to others",
        f"ask the cluster's owner to run{create}: {_command(cluster, capacity, lacks, region)}",
    )


def _command(cluster: str, capacity: ClusterCapacity, more: Sequence[str], region: str) -> str:
    """The command replaces both lists of a cluster, so it names what is there too."""
    default = [
        ",".join(f"{key}={item[key]}" for key in ("capacityProvider", "weight", "base") if item.get(key) is not None)
        for item in capacity.default_strategy
    ]
    return " ".join(
        [
            "aws ecs put-cluster-capacity-providers",
            *([f"--region {region}"] if region else []),
            f"--cluster {cluster}",
            f"--capacity-providers {' '.join([*capacity.providers, *more])}",
            f"--default-capacity-provider-strategy {' '.join(default) or chr(39) + '[]' + chr(39)}",
        ]
    )
