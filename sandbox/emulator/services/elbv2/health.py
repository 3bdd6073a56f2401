"""States of a target as DescribeTargetHealth words them, and who decides about them."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass


@dataclass(frozen=True)
class Health:
    """State, reason code and description of TargetHealth. A healthy target has no reason."""

    state: str
    reason: str | None = None
    description: str | None = None

    def as_dict(self) -> dict[str, str | None]:
        return {"State": self.state, "Reason": self.reason, "Description": self.description}


HEALTHY = Health("healthy")
REGISTERING = Health("initial", "Elb.RegistrationInProgress", "Target registration is in progress")
INITIAL = Health("initial", "Elb.InitialHealthChecking", "Initial health checks in progress")
DRAINING = Health("draining", "Target.DeregistrationInProgress", "Target deregistration is in progress")
NOT_REGISTERED = Health("unused", "Target.NotRegistered", "Target is not registered to the target group")
NOT_IN_USE = Health(
    "unused", "Target.NotInUse", "Target group is not configured to receive traffic from the load balancer"
)
TIMEOUT = Health("unhealthy", "Target.Timeout", "Request timed out")
FAILED = Health("unhealthy", "Target.FailedHealthChecks", "Health checks failed")


def mismatch(code: int) -> Health:
    """The target answered its health check with a status outside the matcher."""
    return Health("unhealthy", "Target.ResponseCodeMismatch", f"Health checks failed with these codes: [{code}]")


def now() -> float:
    return time.monotonic()


# How many running load balancers check targets, by account and region. Without any, targets in use are healthy.
_watching: Counter[tuple[str, str]] = Counter()


def watch(account_id: str, region: str) -> None:
    """From now on a load balancer decides about the health of targets here."""
    _watching[account_id, region] += 1


def unwatch(account_id: str, region: str) -> None:
    """One of them stops."""
    _watching[account_id, region] -= 1


def is_watched(account_id: str, region: str) -> bool:
    return _watching[account_id, region] > 0
