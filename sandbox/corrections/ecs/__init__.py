"""Amazon ECS as AWS has it: services, deployments, tasks and task definitions replace moto's.

moto 5.2.5 drops most fields of a service, overwrites on a duplicate create, validates nothing, never makes a second
deployment, has no events, no failed deployments, no service-deployment calls, and keeps one list order. The facts that
are restored stand in the modules:

    task_definitions.py   defaults and refusals of RegisterTaskDefinition (pure)
    services.py           defaults and refusals of CreateService and UpdateService (pure)
    rollout.py            how deployments begin, complete, fail and are rolled back, in their documents
    tasks.py              a task's document
    settle.py             what happens when no data plane runs the tasks: they run at once
    actions.py            the API calls
    model.py              what is kept

Deployments progress by sandbox.fargate, which attaches itself with `attach(...)`.
"""

from __future__ import annotations

from typing import Any

from moto.ecs.responses import EC2ContainerServiceResponse

from . import actions
from .actions import attach

__all__ = ["attach", "install"]

_describe_clusters = EC2ContainerServiceResponse.describe_clusters


def _counted_clusters(response: Any) -> Any:
    actions.count_clusters(actions.Call(response))
    return _describe_clusters(response)


def install() -> None:
    """Answer these calls here. Idempotent."""
    for action in actions.ACTIONS:
        setattr(EC2ContainerServiceResponse, action.__name__, actions.as_method(action))
    EC2ContainerServiceResponse.describe_clusters = _counted_clusters
