"""Counts of AWS calls (pure)."""

from __future__ import annotations

from collections.abc import Iterable

STARTS = {"ecs:CreateService", "ecs:UpdateService"}
# By what a deployment is looked at while it goes on.
LOOKS = {
    "ecs:DescribeServiceDeployments",
    "ecs:DescribeServiceRevisions",
    "ecs:DescribeServices",
    "ecs:DescribeTasks",
    "ecs:ListServiceDeployments",
    "ecs:ListTasks",
    "elbv2:DescribeTargetHealth",
}


def without_polls(names: Iterable[str]) -> int:
    """How many calls there are when a waiter looks once.

    A waiter's looks are the calls of LOOKS from the start of a deployment until any other call; the first one by each
    operation counts, the others are polls.
    """
    count, waiting, seen = 0, False, set[str]()
    for name in names:
        if name in STARTS:
            waiting, seen = True, set()
        elif name not in LOOKS:
            waiting = False
        elif waiting and name in seen:
            continue
        seen.add(name)
        count += 1
    return count
