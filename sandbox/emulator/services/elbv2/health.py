"""States of a target as DescribeTargetHealth words them, and who decides about them."""

from __future__ import annotations

import time
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


# Accounts and regions whose targets a running load balancer checks. Elsewhere every target of a used group is healthy.
_watched: set[tuple[str, str]] = set()


def watch(account_id: str, region: str) -> None:
    """From now on a load balancer decides about the health of targets here."""
    _watched.add((account_id, region))


def unwatch(account_id: str, region: str) -> None:
    _watched.discard((account_id, region))


def is_watched(account_id: str, region: str) -> bool:
    return (account_id, region) in _watched
