"""Capacity provider strategies: what CreateService, UpdateService and RunTask refuse. Pure.

Known as ECS's own are the words about a provider of no cluster, about weights and about a change without a new
deployment; the others could not be checked.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from .errors import invalid

_MOST = 20
_RANGES = {"weight": (0, 1000), "base": (0, 100000)}  # CapacityProviderStrategyItem in the API reference
_OF_FARGATE = {"FARGATE", "FARGATE_SPOT"}


def validate(strategy: list[dict[str, Any]], of_cluster: Collection[str]) -> None:
    """Raise InvalidParameterException; `of_cluster` are the providers that the cluster has."""
    if len(strategy) > _MOST:
        raise invalid(f"A capacity provider strategy can contain a maximum of {_MOST} capacity providers.")
    names = [str(item.get("capacityProvider")) for item in strategy]
    if set(names) & _OF_FARGATE and not set(names) <= _OF_FARGATE:
        raise invalid("A capacity provider strategy cannot contain a mix of Fargate and Auto Scaling group providers.")
    if not set(names) <= set(of_cluster):
        raise invalid(
            "The specified capacity provider strategy cannot contain a capacity provider that is not associated with "
            "the cluster. Associate the capacity provider with the cluster or specify a valid capacity provider and "
            "try again."
        )
    if len(set(names)) < len(names):
        raise invalid("A capacity provider can be specified only once in a capacity provider strategy.")
    for item in strategy:
        for field, (least, most) in _RANGES.items():
            if not least <= (item.get(field) or 0) <= most:
                raise invalid(f"The {field} of a capacity provider must be between {least} and {most}.")
    if len(strategy) > 1 and not any(item.get("weight") for item in strategy):
        raise invalid(
            "There are no capacity providers with a weight value greater than zero defined in the capacity provider "
            "strategy. At least one capacity provider must have a weight value greater than zero specified."
        )
    if sum(bool(item.get("base")) for item in strategy) > 1:
        raise invalid("Only one capacity provider in a capacity provider strategy can have a base defined.")


def validate_change(before: list[dict[str, Any]], after: list[dict[str, Any]], forced: bool) -> None:
    """Raise InvalidParameterException for another strategy without a new deployment."""
    if not forced and _comparable(before) != _comparable(after):
        raise invalid(
            "When switching from launch type to capacity provider strategy on an existing service, or making a change "
            "to a capacity provider strategy on a service that is already using one, you must force a new deployment."
        )


def _comparable(strategy: list[dict[str, Any]]) -> list[tuple[str, int, int]]:
    return sorted(
        (str(item.get("capacityProvider")), item.get("weight") or 0, item.get("base") or 0) for item in strategy
    )


def provider_of(strategy: list[dict[str, Any]], used: Sequence[str]) -> str | None:
    """The provider of the next task, as ECS fills the base and then keeps to the weights; None without a strategy.

    used: the providers of the tasks that there are.
    """
    for item in strategy:
        if used.count(item["capacityProvider"]) < (item.get("base") or 0):
            return str(item["capacityProvider"])
    weighted = [item for item in strategy if item.get("weight")] or strategy
    beyond = {
        item["capacityProvider"]: used.count(item["capacityProvider"]) - (item.get("base") or 0) for item in weighted
    }
    return min(beyond, key=lambda name: _load(beyond[name], weighted, name), default=None)


def _load(tasks: int, weighted: list[dict[str, Any]], name: str) -> float:
    weight = next(item.get("weight") or 1 for item in weighted if item["capacityProvider"] == name)
    return (tasks + 1) / float(weight)


def launch_type_of(provider: str) -> str:
    """What DescribeTasks calls the infrastructure of a capacity provider."""
    return "FARGATE" if provider in _OF_FARGATE else "EC2"
