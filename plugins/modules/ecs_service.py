#!/usr/bin/python
# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: ecs_service
version_added: 1.0.0
short_description: Manage one ECS service and wait for its deployment
description:
  - Creates, changes and deletes one service of an ECS cluster, and waits until its own deployment is complete.
  - Every given parameter is compared, with the defaults of ECS. Names inside dictionaries are those of the ECS API in
    snake_case; a misspelled one is refused before anything is written, with the nearest right one.
  - A deployment that is not complete in time is stopped, so that ECS rolls back to the one before it, if there is one.
    The module then fails as well.
  - A deployment that ECS rolls back is a failure. The message has the stopped reason, exit codes, health and last log
    lines of the task that failed, and the last events of the service.
  - A run that finds its deployment already in progress, since an earlier run was interrupted, waits for that one.
    A deployment that failed with no earlier one to return to is started again.
  - A PAUSE hook among the C(lifecycle_hooks) of O(deployment_configuration) pauses a deployment that shifts traffic
    until it is continued; see O(wait_for).
  - Only services with the ECS deployment controller are managed.
author:
  - Quilt Data (@quiltdata)
options:
  service_name:
    description: The name of the service.
    type: str
    required: true
  cluster:
    description: The name or ARN of the cluster.
    type: str
    required: true
  task_definition:
    description:
      - The ARN of a task definition, V(family:revision), or a family for its latest active revision.
      - Needed when O(state=present).
    type: str
  desired_count:
    description:
      - The number of tasks; a new service has one when it is unset. Not with V(DAEMON) in O(scheduling_strategy).
      - It is left alone, with a warning, where Application Auto Scaling has a scalable target for the service.
    type: int
  launch_type:
    description:
      - The infrastructure of the tasks.
      - AWS cannot change it later, other than to an O(capacity_provider_strategy) and back.
      - To return to it, give it together with an empty O(capacity_provider_strategy). ECS has no parameter for which
        launch type that is, so one that the service never had may be refused by the next run.
    type: str
    choices: [EC2, FARGATE, EXTERNAL, MANAGED_INSTANCES]
  capacity_provider_strategy:
    description:
      - The capacity providers, each with C(capacity_provider), C(base) and C(weight). Not together with O(launch_type).
      - An empty list returns the service to its launch type. Each change starts new tasks.
      - One that the cluster lacks is refused, with the command for the cluster's owner. The cluster is never changed.
    type: list
    elements: dict
  platform_version:
    description: The version of the Fargate platform. An empty string is V(LATEST).
    type: str
  scheduling_strategy:
    description: Whether a number of tasks runs, or one on each instance. AWS cannot change it later.
    type: str
    choices: [REPLICA, DAEMON]
  deployment_configuration:
    description:
      - The configuration of deployments, for instance C(deployment_circuit_breaker), C(minimum_healthy_percent),
        C(maximum_percent), C(alarms), C(strategy).
      - Members that are not given stay as they are. An empty dictionary resets all of them.
    type: dict
  network_configuration:
    description:
      - The C(awsvpc_configuration) with C(subnets), C(security_groups) and C(assign_public_ip).
      - AWS can change it, but not remove it.
    type: dict
  load_balancers:
    description: The target groups, each with C(target_group_arn), C(container_name) and C(container_port).
    type: list
    elements: dict
  service_registries:
    description: The service discovery registries.
    type: list
    elements: dict
  service_connect_configuration:
    description: Service Connect. An empty dictionary turns it off, as does C(enabled=false).
    type: dict
  volume_configurations:
    description: The volumes that are configured at deployment.
    type: list
    elements: dict
  vpc_lattice_configurations:
    description: The VPC Lattice target groups. Needs a botocore that knows them.
    type: list
    elements: dict
  gateway_connectors:
    description:
      - The connectors to a gateway's ingress path. Needs a botocore that knows them.
      - Read from the service revision, and only when it is given.
    type: list
    elements: dict
  monitoring:
    description:
      - The C(metric_configurations), each with C(metric_names) and C(resolution_seconds).
        Needs a botocore that knows it.
      - Read from the service revision, and only when it is given.
    type: dict
  health_check_grace_period_seconds:
    description: The seconds after a task's start in which the load balancer's health check does not count.
    type: int
  placement_constraints:
    description: Where tasks may be placed; not for Fargate.
    type: list
    elements: dict
  placement_strategy:
    description: How tasks are placed, in order; not for Fargate.
    type: list
    elements: dict
  propagate_tags:
    description:
      - From where the tasks take tags.
      - A change starts a new deployment, so that the running tasks have them.
    type: str
    choices: [TASK_DEFINITION, SERVICE, NONE]
  enable_ecs_managed_tags:
    description: Whether ECS tags the tasks with cluster and service. A change starts a new deployment.
    type: bool
  enable_execute_command:
    description: Whether C(ecs execute-command) works. A change starts a new deployment.
    type: bool
  availability_zone_rebalancing:
    description:
      - Whether ECS moves tasks when the zones are uneven. Needs a botocore that knows it.
      - V(ENABLED) is refused with what ECS does not support together with it, such as a C(maximum_percent) of 100.
    type: str
    choices: [ENABLED, DISABLED]
  force_new_deployment:
    description:
      - Start a deployment even when nothing differs, for instance to load a rotated secret.
      - Always a change for a service that exists.
    type: bool
    default: false
  wait:
    description:
      - Whether to wait until this deployment is complete, or with O(state=absent) until the service is inactive and its
        tasks have stopped.
    type: bool
    default: true
  wait_for:
    description:
      - What O(wait) waits for.
      - V(completed_or_paused) also ends at a deployment that is paused at a lifecycle hook; RV(paused_hook)
        shows which of the two it was. M(quilt.mcp_server.ecs_service_deployment) then continues it or rolls it back.
        A later run finds the same deployment at the same hook.
    type: str
    choices: [completed, completed_or_paused]
    default: completed
  wait_timeout:
    description:
      - The seconds that the wait may take.
      - The minutes for which a strategy in O(deployment_configuration) waits by itself are added.
    type: int
    default: 900
  on_first_failure:
    description:
      - What happens to a service without any complete deployment when the one that is waited for fails.
      - V(delete) deletes it and waits until its tasks have stopped. ECS has nothing to roll back to, and
        would continue to start tasks. The failure stays the same, with one more sentence.
    type: str
    choices: [keep, delete]
    default: keep
  foreign_snapshot:
    description:
      - Path of the snapshot of this run, which M(quilt.mcp_server.assert_foreign_unchanged) compares with in the end.
      - Before its first write the module reads the resources on the service's load balancer without O(require_tags) and
        stores them there, unless an earlier module has done so.
    type: path
extends_documentation_fragment:
  - quilt.mcp_server.resource
  - quilt.mcp_server.replaceable
  - quilt.mcp_server.connection
"""

EXAMPLES = r"""
- name: Run the MCP server and wait until it serves
  quilt.mcp_server.ecs_service:
    service_name: sales-prod-mcp-server-production
    cluster: sales-prod
    task_definition: quilt-mcp-server
    desired_count: 1
    launch_type: FARGATE
    deployment_configuration:
      deployment_circuit_breaker:
        enable: true
        rollback: true
    network_configuration:
      awsvpc_configuration:
        subnets: "{{ stack_exports.private_subnet_ids }}"
        security_groups: ["{{ alb_rule_exports.security_group_id }}"]
    load_balancers:
      - target_group_arn: "{{ alb_rule_exports.target_group_arn }}"
        container_name: mcp-server
        container_port: 8000
    require_tags:
      quilt:deployment: sales-prod-mcp-server-production

- name: Delete the service, if it has the deployment's tag, and wait until its tasks are gone
  quilt.mcp_server.ecs_service:
    service_name: sales-prod-mcp-server-production
    cluster: sales-prod
    require_tags:
      quilt:deployment: sales-prod-mcp-server-production
    state: absent
"""

RETURN = r"""
service:
  description:
    - The service as it is, or in check mode as it would be; empty when it is absent.
    - It has every parameter of the service under its name, and what is documented here.
  returned: always
  type: dict
  contains:
    service_arn:
      description: Its ARN.
      type: str
      returned: when present
    cluster_arn:
      description: The ARN of its cluster.
      type: str
      returned: when present
    status:
      description: Always V(ACTIVE).
      type: str
      returned: when present
    task_definition:
      description: The ARN of its task definition.
      type: str
      returned: when present
    created_at:
      description: When it was created.
      type: str
      returned: when present
    tags:
      description: All its tags.
      type: dict
      returned: when present
deployment:
  description:
    - The deployment that is PRIMARY; after a wait it is the one of this run, and complete.
    - Empty when the service is absent.
  returned: always
  type: dict
  contains:
    id:
      description: Its id.
      type: str
      sample: ecs-svc/1234567890123456789
    status:
      description: Always V(PRIMARY).
      type: str
    task_definition:
      description: The ARN of the task definition that it runs.
      type: str
    rollout_state:
      description: How far it is.
      type: str
      sample: COMPLETED
    rollout_state_reason:
      description: Why it is in that state.
      type: str
    desired_count:
      description: The number of tasks that it is to have.
      type: int
    running_count:
      description: The number of tasks that run.
      type: int
    pending_count:
      description: The number of tasks that start.
      type: int
    failed_tasks:
      description: The number of tasks that failed.
      type: int
    created_at:
      description: When it began.
      type: str
    updated_at:
      description: When it last changed.
      type: str
service_deployment_arn:
  description: The ARN of the service deployment that ECS keeps of RV(deployment); empty when it names none.
  returned: always
  type: str
paused_hook:
  description:
    - The id of the lifecycle hook at which the deployment is paused; empty when it is not.
    - In check mode, and without O(wait), what one look found.
  returned: always
  type: str
progress:
  description:
    - How the wait went, a line for each change.
    - While the module runs the same lines go to the system log; the playbooks of this collection show them at once.
  returned: always
  type: list
  elements: str
  sample: ["quilt-mcp-server:3: 1 of 1 running, 0 pending, 1 of 1 targets healthy, 870 s left"]
"""

from ansible_collections.quilt.mcp_server.plugins.module_utils._core.arguments import common_arguments
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.aws_module import AwsModule
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.reconciler import run
from ansible_collections.quilt.mcp_server.plugins.module_utils._ecs.service import Service

DICTIONARIES = {"type": "list", "elements": "dict"}
ARGUMENTS = {
    "service_name": {"type": "str", "required": True},
    "cluster": {"type": "str", "required": True},
    "task_definition": {"type": "str"},
    "desired_count": {"type": "int"},
    "launch_type": {"type": "str", "choices": ["EC2", "FARGATE", "EXTERNAL", "MANAGED_INSTANCES"]},
    "capacity_provider_strategy": DICTIONARIES,
    "platform_version": {"type": "str"},
    "scheduling_strategy": {"type": "str", "choices": ["REPLICA", "DAEMON"]},
    "deployment_configuration": {"type": "dict"},
    "network_configuration": {"type": "dict"},
    "load_balancers": DICTIONARIES,
    "service_registries": DICTIONARIES,
    "service_connect_configuration": {"type": "dict"},
    "volume_configurations": DICTIONARIES,
    "vpc_lattice_configurations": DICTIONARIES,
    "gateway_connectors": DICTIONARIES,
    "monitoring": {"type": "dict"},
    "health_check_grace_period_seconds": {"type": "int"},
    "placement_constraints": DICTIONARIES,
    "placement_strategy": DICTIONARIES,
    "propagate_tags": {"type": "str", "choices": ["TASK_DEFINITION", "SERVICE", "NONE"]},
    "enable_ecs_managed_tags": {"type": "bool"},
    "enable_execute_command": {"type": "bool"},
    "availability_zone_rebalancing": {"type": "str", "choices": ["ENABLED", "DISABLED"]},
    "force_new_deployment": {"type": "bool", "default": False},
    "wait": {"type": "bool", "default": True},
    "wait_for": {"type": "str", "choices": ["completed", "completed_or_paused"], "default": "completed"},
    "wait_timeout": {"type": "int", "default": 900},
    "on_first_failure": {"type": "str", "choices": ["keep", "delete"], "default": "keep"},
    "foreign_snapshot": {"type": "path"},
}


def main() -> None:
    """Manage the service that the arguments describe."""
    module = AwsModule(
        argument_spec={**common_arguments(replaceable=True), **ARGUMENTS},
        required_if=[("state", "present", ["task_definition"])],
        supports_check_mode=True,
    )
    run(module, Service)


if __name__ == "__main__":
    main()
