#!/usr/bin/python
# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: ecs_task_definition
version_added: 1.0.0
short_description: Manage one family of ECS task definitions
description:
  - Registers a new revision when the given document differs from the latest active revision of the family that has
    O(require_tags). The whole document is compared, with the defaults of ECS; the order of environment, secrets, ports
    and similar lists is ignored.
  - Several owners may share a family. Revisions without O(require_tags) belong to another owner and are ignored.
  - A revision is a whole document. An option that is not given is not in the next revision.
  - Names inside O(container_definitions) and the other structures are those of the ECS API in snake_case.
    A misspelled one is refused before anything is written, with the nearest right one.
    The keys of free maps (log options, labels, driver options) are not changed.
  - Where the latest revision is foreign, the 20 newest are read, each with a call. A family without one that has
    O(require_tags) among them belongs to another owner.
  - With O(state=absent) all active revisions of the family that carry O(require_tags) are deregistered.
author:
  - Quilt Data (@quiltdata)
options:
  family:
    description: The name of the family.
    type: str
    required: true
  task_role_arn:
    description: The ARN of the task role, for the calls of the containers.
    type: str
  execution_role_arn:
    description: The ARN of the task execution role, with which ECS starts the task (pull, logs, secrets).
    type: str
  network_mode:
    description: The network mode of the containers; FARGATE requires V(awsvpc), its default.
    type: str
    choices: [awsvpc, bridge, host, none]
  container_definitions:
    description:
      - The containers, as in C(RegisterTaskDefinition), with keys in snake_case.
      - Needed when O(state=present).
    type: list
    elements: dict
  volumes:
    description: The volumes, as in C(RegisterTaskDefinition), with keys in snake_case.
    type: list
    elements: dict
  placement_constraints:
    description: Where the task may be placed; not for FARGATE.
    type: list
    elements: dict
  requires_compatibilities:
    description: The launch types with which the document must be compatible.
    type: list
    elements: str
    choices: [EC2, FARGATE, EXTERNAL, MANAGED_INSTANCES]
  cpu:
    description: The CPU of the task in CPU units (V(256)) or in vCPUs (V(.25 vCPU)).
    type: str
  memory:
    description: The memory of the task in MiB (V(512)) or in GB (V(0.5 GB)).
    type: str
  pid_mode:
    description: Which process namespace the containers share.
    type: str
    choices: [host, task]
  ipc_mode:
    description: Which IPC namespace the containers share.
    type: str
    choices: [host, task, none]
  proxy_configuration:
    description: The proxy of the task, as in C(RegisterTaskDefinition), with keys in snake_case.
    type: dict
  inference_accelerators:
    description: Accelerators of the task, as in C(RegisterTaskDefinition), with keys in snake_case.
    type: list
    elements: dict
  ephemeral_storage:
    description: The temporary disk of the task.
    type: dict
    suboptions:
      size_in_gib:
        description: Its size in GiB.
        type: int
        required: true
  runtime_platform:
    description: The platform that the task runs on.
    type: dict
    suboptions:
      cpu_architecture:
        description: Its CPU architecture; V(X86_64) by default on FARGATE.
        type: str
        choices: [X86_64, ARM64]
      operating_system_family:
        description: Its operating system; V(LINUX) by default on FARGATE.
        type: str
  enable_fault_injection:
    description: Whether the containers may call the fault injection endpoints.
    type: bool
  trusted_execution_configuration:
    description:
      - The isolation of the task, as in C(RegisterTaskDefinition), with keys in snake_case.
      - Needs a botocore that knows it.
    type: dict
extends_documentation_fragment:
  - quilt.mcp_server.resource
  - quilt.mcp_server.connection
"""

EXAMPLES = r"""
- name: Register the task definition of the MCP server
  quilt.mcp_server.ecs_task_definition:
    family: quilt-mcp-server
    requires_compatibilities: [FARGATE]
    network_mode: awsvpc
    cpu: "256"
    memory: "512"
    task_role_arn: arn:aws:iam::850787717197:role/sales-prod-mcp-server-task
    execution_role_arn: arn:aws:iam::850787717197:role/sales-prod-mcp-server-execution
    container_definitions:
      - name: mcp-server
        image: 850787717197.dkr.ecr.us-east-1.amazonaws.com/quilt-mcp-server:1.0.0
        readonly_root_filesystem: true
        port_mappings:
          - container_port: 8000
        environment:
          - name: QUILT_MCP_LOG_LEVEL
            value: info
        log_configuration:
          log_driver: awslogs
          options:
            awslogs-group: /ecs/mcp-server-production
            awslogs-region: us-east-1
            awslogs-stream-prefix: mcp-server
    require_tags:
      quilt:deployment: sales-prod-mcp-server-production

- name: Deregister every active revision of the deployment
  quilt.mcp_server.ecs_task_definition:
    family: quilt-mcp-server
    require_tags:
      quilt:deployment: sales-prod-mcp-server-production
    state: absent
"""

RETURN = r"""
task_definition:
  description:
    - The latest active revision that has O(require_tags), or in check mode as it would be.
    - Empty when there is none.
  returned: always
  type: dict
  contains:
    family:
      description: The name of the family.
      type: str
      returned: when present
    task_definition_arn:
      description: The ARN of the revision.
      type: str
      returned: when present
    revision:
      description: Its number.
      type: int
      returned: when present
    status:
      description: Its status.
      type: str
      returned: when present
    registered_at:
      description: When it was registered.
      type: str
      returned: when present
    container_definitions:
      description: Its containers, with the defaults of ECS, in a fixed order.
      type: list
      elements: dict
      returned: when present
    cpu:
      description: The CPU of the task in CPU units.
      type: str
      returned: when present
    memory:
      description: The memory of the task in MiB.
      type: str
      returned: when present
    runtime_platform:
      description: The platform that the task runs on.
      type: dict
      returned: when present
    tags:
      description: All its tags.
      type: dict
      returned: when present
"""

from ansible_collections.quilt.mcp_server.plugins.module_utils._core.arguments import common_arguments
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.aws_module import AwsModule
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.reconciler import run
from ansible_collections.quilt.mcp_server.plugins.module_utils._ecs.task_definition import TaskDefinition

ARGUMENTS = {
    "family": {"type": "str", "required": True},
    "task_role_arn": {"type": "str"},
    "execution_role_arn": {"type": "str"},
    "network_mode": {"type": "str", "choices": ["awsvpc", "bridge", "host", "none"]},
    "container_definitions": {"type": "list", "elements": "dict"},
    "volumes": {"type": "list", "elements": "dict"},
    "placement_constraints": {"type": "list", "elements": "dict"},
    "requires_compatibilities": {
        "type": "list",
        "elements": "str",
        "choices": ["EC2", "FARGATE", "EXTERNAL", "MANAGED_INSTANCES"],
    },
    "cpu": {"type": "str"},
    "memory": {"type": "str"},
    "pid_mode": {"type": "str", "choices": ["host", "task"]},
    "ipc_mode": {"type": "str", "choices": ["host", "task", "none"]},
    "proxy_configuration": {"type": "dict"},
    "inference_accelerators": {"type": "list", "elements": "dict"},
    "ephemeral_storage": {"type": "dict", "options": {"size_in_gib": {"type": "int", "required": True}}},
    "runtime_platform": {
        "type": "dict",
        "options": {
            "cpu_architecture": {"type": "str", "choices": ["X86_64", "ARM64"]},
            "operating_system_family": {"type": "str"},
        },
    },
    "enable_fault_injection": {"type": "bool"},
    "trusted_execution_configuration": {"type": "dict"},
}


def main() -> None:
    """Manage the task definition that the arguments describe."""
    module = AwsModule(
        argument_spec={**common_arguments(), **ARGUMENTS},
        required_if=[("state", "present", ["container_definitions"])],
        supports_check_mode=True,
    )
    run(module, TaskDefinition)


if __name__ == "__main__":
    main()
