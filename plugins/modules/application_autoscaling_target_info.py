#!/usr/bin/python
# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: application_autoscaling_target_info
version_added: 1.0.0
short_description: Show the scaling of ECS services, and their latest scaling activities
description:
  - Returns scalable targets of Application Auto Scaling with their policies and alarms, their scheduled actions, their
    tags, and their latest scaling activities.
author:
  - Quilt Data (@quiltdata)
options:
  service_namespace:
    description: The namespace of the services.
    type: str
    choices: [ecs]
    default: ecs
  resource_id:
    description: One ECS service, as V(service/cluster/service). All of them when it is unset.
    type: str
  activities:
    description: How many of the latest scaling activities of each target to return, at most 50.
    type: int
    default: 10
extends_documentation_fragment:
  - quilt.mcp_server.reading
  - quilt.mcp_server.connection
seealso:
  - module: quilt.mcp_server.application_autoscaling_target
"""

EXAMPLES = r"""
- name: Ask why the number of tasks has changed
  quilt.mcp_server.application_autoscaling_target_info:
    resource_id: service/sales-prod/sales-prod-mcp-server-production
  register: scaling
"""

RETURN = r"""
scalable_targets:
  description: The scalable targets, or an empty list.
  returned: always
  type: list
  elements: dict
  contains:
    scalable_target_arn:
      description: Its ARN.
      type: str
      returned: always
    resource_id:
      description: What is scaled.
      type: str
      returned: always
    min_capacity:
      description: The minimum number of tasks.
      type: int
      returned: always
    max_capacity:
      description: The maximum number of tasks.
      type: int
      returned: always
    suspended_state:
      description: Which scaling is suspended.
      type: dict
      returned: always
    policies:
      description: Its policies, each with its ARN and alarms.
      type: list
      elements: dict
      returned: always
    scheduled_actions:
      description: Its scheduled actions.
      type: list
      elements: dict
      returned: always
    scaling_activities:
      description: The latest scaling activities, newest first, each with its cause.
      type: list
      elements: dict
      returned: always
    tags:
      description: Its tags.
      type: dict
      returned: always
"""

from ansible_collections.quilt.mcp_server.plugins.module_utils._autoscaling.info import scalable_targets
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.aws_module import AwsModule
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.module import run_info

ARGUMENTS = {
    "service_namespace": {"type": "str", "choices": ["ecs"], "default": "ecs"},
    "resource_id": {"type": "str"},
    "activities": {"type": "int", "default": 10},
}


def main() -> None:
    """Return the scalable targets that the arguments ask for."""
    module = AwsModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    run_info(module, scalable_targets)


if __name__ == "__main__":
    main()
