"""Amazon ECS as AWS has it: services, deployments, tasks and task definitions replace moto's.

moto 5.2.5 drops most fields of a service, overwrites on a duplicate create, validates nothing, never makes a second
deployment, has no events, no failed deployments, no service-deployment calls, and keeps one list order. The facts that
are restored stand in the modules:

    task_definitions.py   defaults and refusals of RegisterTaskDefinition (pure)
    references.py         what the parts of a task definition say about each other (pure)
    capacity.py           refusals of capacity provider strategies (pure)
    services.py           defaults and refusals of CreateService and UpdateService (pure)
    shift.py              the stages of a blue/green, linear or canary deployment; traffic.py: the rules that it moves
    rollout.py            how deployments begin, complete, fail and are rolled back, in their documents
    percentages.py        how many tasks a rolling deployment may start and stop (pure)
    tasks.py              a task's document
    settle.py             what happens when no data plane runs the tasks: they run at once
    api_*.py              the API calls; call.py is one request and the state that it works on
    model.py              what is kept

Deployments progress by sandbox.dataplane.tasks, which attaches itself with `call.attach(...)`.

Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/Welcome.html and botocore's service model
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.ecs.responses import EC2ContainerServiceResponse

from . import api_deployments, api_services, api_tags, api_task_definitions, api_tasks
from .call import Action, Call

_ACTIONS: list[Action] = [
    api_task_definitions.register_task_definition,
    api_task_definitions.describe_task_definition,
    api_task_definitions.deregister_task_definition,
    api_task_definitions.delete_task_definitions,
    api_task_definitions.list_task_definitions,
    api_task_definitions.list_task_definition_families,
    api_services.create_service,
    api_services.update_service,
    api_services.describe_services,
    api_services.list_services,
    api_services.delete_service,
    api_deployments.list_service_deployments,
    api_deployments.describe_service_deployments,
    api_deployments.describe_service_revisions,
    api_deployments.stop_service_deployment,
    api_deployments.continue_service_deployment,
    api_tasks.list_tasks,
    api_tasks.describe_tasks,
    api_tasks.stop_task,
    api_tasks.run_task,
    api_tasks.execute_command,
    api_tags.list_tags_for_resource,
    api_tags.tag_resource,
    api_tags.untag_resource,
]
_describe_clusters = EC2ContainerServiceResponse.describe_clusters


def install() -> None:
    """Answer these calls here. Idempotent."""
    for action in _ACTIONS:
        setattr(EC2ContainerServiceResponse, action.__name__, _as_method(action))
    EC2ContainerServiceResponse.describe_clusters = _counted_clusters


def _as_method(action: Action) -> Callable[[Any], ActionResult]:
    """The action as a method of moto's response class."""

    def method(response: Any) -> ActionResult:
        answer = action(Call(response))
        # A copy: moto serializes after this returns, while the data plane may go on.
        return ActionResult(copy.deepcopy(answer)) if answer else EmptyResult()

    return method


def _counted_clusters(response: Any) -> Any:
    """AWS counts a cluster's services and tasks; moto's numbers know nothing of the ones kept here."""
    call = Call(response)
    for name, cluster in call.backend.clusters.items():
        running = call.backend.tasks.get(name, {}).values()
        cluster.running_tasks_count = sum(task.last_status == "RUNNING" for task in running)
        cluster.pending_tasks_count = sum(task.starting for task in running)
        cluster.active_services_count = sum(
            service.cluster_name == name and service.document["status"] == "ACTIVE"
            for service in call.backend.services.values()
        )
    return _describe_clusters(response)
