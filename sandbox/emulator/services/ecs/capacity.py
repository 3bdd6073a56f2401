"""Capacity provider strategies: what CreateService, UpdateService and RunTask refuse. Pure.

Known as ECS's own are the words about a provider of no cluster and about weights; the others could not be checked.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from .errors import invalid

_MOST = 20
_OF_FARGATE = {"FARGATE", "FARGATE_SPOT"}


def validate(strategy: list[dict[str, Any]], of_cluster: Collection[str]) -> None:
    """Raise InvalidParameterException; `of_cluster` are the providers that the cluster has."""
    if len(strategy) > _MOST:
        raise invalid(f"A capacity provider strategy can contain a maximum of {_MOST} capacity providers.")
    names = [str(item.get("capacityProvider")) for item in strategy]
    if not set(names) <= set(of_cluster):
        raise invalid(
            "The specified capacity provider strategy cannot contain a capacity provider that is not associated with "
            "the cluster. Associate the capacity provider with the cluster or specify a valid capacity provider and "
            "try again."
        )
    if len(set(names)) < len(names):
        raise invalid("A capacity provider can be specified only once in a capacity provider strategy.")
    if set(names) & _OF_FARGATE and not set(names) <= _OF_FARGATE:
        raise invalid("A capacity provider strategy cannot contain a mix of Fargate and Auto Scaling group providers.")
    if len(strategy) > 1 and not any(item.get("weight") for item in strategy):
        raise invalid(
            "There are no capacity providers with a weight value greater than zero defined in the capacity provider "
            "strategy. At least one capacity provider must have a weight value greater than zero specified."
        )
    if sum(bool(item.get("base")) for item in strategy) > 1:
        raise invalid("Only one capacity provider in a capacity provider strategy can have a base defined.")
