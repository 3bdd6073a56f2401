#!/usr/bin/python
# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: ecs_service_deployment
version_added: 1.0.0
short_description: Stop or continue a deployment of an ECS service
description:
  - Brings one service deployment to a state, the latest of the service unless it is named.
  - Waiting ends with a failure when the deployment does not end as wanted. The message has the stopped reason, exit
    codes, health and last log lines of the task that failed.
  - To start a deployment use M(quilt.mcp_server.ecs_service).
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
  service_deployment_arn:
    description: The ARN of the service deployment. The latest of the service when unset.
    type: str
  state:
    description:
      - V(stopped) stops a deployment in progress; one that has ended stays as it is.
      - V(continued) answers a hook at which the deployment is paused; one that is not paused stays as it is.
        It needs a botocore with C(ContinueServiceDeployment).
    type: str
    choices: [stopped, continued]
    required: true
  stop_type:
    description: How O(state=stopped) stops it. ECS accepts V(ROLLBACK) today, and the botocore model knows both.
    type: str
    choices: [ROLLBACK, ABORT]
    default: ROLLBACK
  hook_id:
    description: The hook that O(state=continued) answers; needed when several wait.
    type: str
  hook_action:
    description: What O(state=continued) answers.
    type: str
    choices: [CONTINUE, ROLLBACK]
    default: CONTINUE
  require_tags:
    description: Tags that identify the owner of the service. The deployment of a service without them is left alone.
    type: dict
    default: {}
  rejection:
    description:
      - Why a deployment that is paused is rolled back with O(hook_action=ROLLBACK).
      - The module then fails, after the deployment was rolled back, with this text and with what was done.
      - Only with O(state=continued) and O(hook_action=ROLLBACK).
    type: str
    default: ""
  wait:
    description:
      - Whether to wait until the deployment has ended; after V(continued) also until it pauses once more.
    type: bool
    default: true
  wait_timeout:
    description:
      - The seconds that the wait may take.
      - The minutes for which the strategy of the deployment waits by itself are added.
    type: int
    default: 900
  on_timeout:
    description:
      - What happens to a deployment that has not ended by then, which is a failure in any case.
      - V(stop) stops it, so that ECS rolls back to the one before it, if there is one.
    type: str
    choices: [keep, stop]
    default: keep
extends_documentation_fragment:
  - quilt.mcp_server.connection
attributes:
  check_mode:
    description: Makes no call that writes, does not wait, and returns what would be done.
    support: full
  diff_mode:
    description: Always returns C(diff) with the state before and after.
    support: full
seealso:
  - module: quilt.mcp_server.ecs_service
  - module: quilt.mcp_server.ecs_service_deployment_info
"""

EXAMPLES = r"""
- name: Stop what is being deployed and go back to what ran before
  quilt.mcp_server.ecs_service_deployment:
    cluster: sales-prod
    service_name: sales-prod-mcp-server-production
    require_tags:
      quilt:deployment: sales-prod-mcp-server-production
    state: stopped

- name: Reject the deployment that is paused at a hook, and fail with the reason
  quilt.mcp_server.ecs_service_deployment:
    cluster: sales-prod
    service_name: sales-prod-mcp-server-production
    state: continued
    hook_action: ROLLBACK
    rejection: "{{ ansible_failed_result.msg }}"

- name: Approve the deployment that is paused at a hook
  quilt.mcp_server.ecs_service_deployment:
    cluster: sales-prod
    service_name: sales-prod-mcp-server-production
    state: continued
"""

RETURN = r"""
deployment:
  description: The service deployment as it is; empty when there is none.
  returned: always
  type: dict
  contains:
    service_deployment_arn:
      description: Its ARN.
      type: str
      returned: when there is one
    state:
      description:
        - V(pending), V(in_progress), V(paused) at a hook, V(completed), V(stopping), V(stopped), V(failed),
          V(rolling_back), V(rolled_back) or V(rollback_failed).
      type: str
      returned: when there is one
    status:
      description: The same in the words of ECS.
      type: str
      returned: when there is one
    status_reason:
      description: Why it is in that state, as far as ECS says.
      type: str
      returned: when there is one
    task_definition:
      description: The ARN of the task definition that it brings.
      type: str
      returned: when there is one
    images:
      description: The images by container.
      type: dict
      returned: when there is one
    running_task_count:
      description: The number of tasks that run. C(requested_task_count) and C(pending_task_count) are returned too.
      type: int
      returned: when there is one
    failed_task_count:
      description: The failures that the circuit breaker counted.
      type: int
      returned: when there is one
    lifecycle_hook_details:
      description: The hooks, with C(hook_id) and C(status).
      type: list
      elements: dict
      returned: when there is one
    created_at:
      description: When it was asked for; C(started_at) and C(finished_at) are returned too.
      type: str
      returned: when there is one
progress:
  description:
    - How the wait went, a line for each change.
    - While the module runs the same lines go to the system log; the playbooks of this collection show them at once.
  returned: always
  type: list
  elements: str
  sample: ["in_progress: 0 of 1 running, 1 pending, 890 s left"]
"""

from ansible_collections.quilt.mcp_server.plugins.module_utils._core.aws_module import AwsModule
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.module import exit_with
from ansible_collections.quilt.mcp_server.plugins.module_utils._ecs.deployment_control import DeploymentController

ARGUMENTS = {
    "service_name": {"type": "str", "required": True},
    "cluster": {"type": "str", "required": True},
    "service_deployment_arn": {"type": "str"},
    "state": {"type": "str", "choices": ["stopped", "continued"], "required": True},
    "stop_type": {"type": "str", "choices": ["ROLLBACK", "ABORT"], "default": "ROLLBACK"},
    "hook_id": {"type": "str"},
    "hook_action": {"type": "str", "choices": ["CONTINUE", "ROLLBACK"], "default": "CONTINUE"},
    "require_tags": {"type": "dict", "default": {}},
    "rejection": {"type": "str", "default": ""},
    "wait": {"type": "bool", "default": True},
    "wait_timeout": {"type": "int", "default": 900},
    "on_timeout": {"type": "str", "choices": ["keep", "stop"], "default": "keep"},
}


def main() -> None:
    """Bring the deployment to the state that the arguments ask for."""
    module = AwsModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    exit_with(module, DeploymentController(module).execute)


if __name__ == "__main__":
    main()
