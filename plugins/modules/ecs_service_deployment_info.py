#!/usr/bin/python
# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: ecs_service_deployment_info
version_added: 1.0.0
short_description: List the deployments of an ECS service
description:
  - Lists the latest service deployments, newest first, with the task definition and the images that each brought, and a
    summarized state. ECS retains them for 90 days.
  - Shows whether any deployment of the service was ever complete.
  - Deployments of an earlier service of the same name are left out.
  - Writes nothing, and does not fail when there is no such service or cluster.
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
  limit:
    description: How many of the latest deployments to read.
    type: int
    default: 20
  states:
    description: List only deployments in one of these states.
    type: list
    elements: str
    default: []
    choices:
      - pending
      - in_progress
      - paused
      - completed
      - stopping
      - stopped
      - failed
      - rolling_back
      - rolled_back
      - rollback_failed
extends_documentation_fragment:
  - quilt.mcp_server.reading
  - quilt.mcp_server.connection
seealso:
  - module: quilt.mcp_server.ecs_service_deployment
"""

EXAMPLES = r"""
- name: List what was deployed lately
  quilt.mcp_server.ecs_service_deployment_info:
    cluster: sales-prod
    service_name: sales-prod-mcp-server-production
    limit: 5

- name: Find deployments that were rolled back
  quilt.mcp_server.ecs_service_deployment_info:
    cluster: sales-prod
    service_name: sales-prod-mcp-server-production
    states: [rolled_back, rollback_failed]
"""

RETURN = r"""
exists:
  description: Whether there is such a service, draining ones included.
  returned: always
  type: bool
served:
  description: Whether a deployment of the service was ever complete.
  returned: always
  type: bool
deployments:
  description: The service deployments, newest first.
  returned: always
  type: list
  elements: dict
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
      description: The status that ECS returns.
      type: str
      returned: when there is one
    status_reason:
      description: Why it is in that state, where ECS has a reason.
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
"""

from ansible_collections.quilt.mcp_server.plugins.module_utils._core.aws_module import AwsModule
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.module import run_info
from ansible_collections.quilt.mcp_server.plugins.module_utils._ecs.deployment_info import deployments
from ansible_collections.quilt.mcp_server.plugins.module_utils._ecs.deployment_state import KNOWN_STATES

ARGUMENTS = {
    "service_name": {"type": "str", "required": True},
    "cluster": {"type": "str", "required": True},
    "limit": {"type": "int", "default": 20},
    "states": {"type": "list", "elements": "str", "default": [], "choices": KNOWN_STATES},
}


def main() -> None:
    """List the deployments."""
    module = AwsModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    run_info(module, deployments)


if __name__ == "__main__":
    main()
