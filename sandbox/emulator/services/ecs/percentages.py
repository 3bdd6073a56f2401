"""What the two percentages of a service allow a rolling deployment. Pure."""

from __future__ import annotations

# AWS (developer guide, "Amazon ECS service event messages").
BLOCKED = (
    "was unable to stop or start tasks during a deployment because of the service deployment configuration. "
    "Update the minimumHealthyPercent or maximumPercent value and try again."
)


def most(desired: int, maximum_percent: int) -> int:
    """How many tasks may run or start."""
    return desired * maximum_percent // 100


def least(desired: int, minimum_percent: int) -> int:
    """How many tasks must stay healthy."""
    return -(-desired * minimum_percent // 100)


def block(desired: int, minimum_percent: int, maximum_percent: int, running: int) -> bool:
    """Whether, with so many healthy tasks, none may be started and none be stopped."""
    return running >= most(desired, maximum_percent) and running <= least(desired, minimum_percent)
