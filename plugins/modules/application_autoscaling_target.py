#!/usr/bin/python
# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: application_autoscaling_target
version_added: 1.0.0
short_description: Manage how one ECS service is scaled
description:
  - Registers, changes and deregisters one scalable target of Application Auto Scaling, with its scaling policies, its
    scheduled actions, and whether scaling is suspended.
  - Deregistering deletes all its policies and scheduled actions.
author:
  - Quilt Data (@quiltdata)
options:
  service_namespace:
    description: The namespace of the service that is scaled.
    type: str
    choices: [ecs]
    default: ecs
  resource_id:
    description: The ECS service, as V(service/cluster/service).
    type: str
    required: true
  scalable_dimension:
    description: The dimension that is scaled.
    type: str
    choices: ["ecs:service:DesiredCount"]
    default: ecs:service:DesiredCount
  min_capacity:
    description: The minimum number of tasks; V(0) is allowed. Required for a new target.
    type: int
  max_capacity:
    description: The maximum number of tasks. Required for a new target.
    type: int
  role_arn:
    description:
      - The role that Application Auto Scaling uses.
      - For ECS, AWS uses its own service-linked role instead, and a given role is not a change.
    type: str
    aliases: [role]
  suspended_state:
    description: Which scaling is suspended. Set all three to V(false) to resume.
    type: dict
    suboptions:
      dynamic_scaling_in_suspended:
        description: Whether policies may not remove tasks.
        type: bool
      dynamic_scaling_out_suspended:
        description: Whether policies may not add tasks.
        type: bool
      scheduled_scaling_suspended:
        description: Whether scheduled actions do nothing.
        type: bool
  policies:
    description:
      - Scaling policies. Each is a whole document; AWS sets the defaults of absent members.
      - Policies that are not named here stay as they are, unless O(purge_policies=true).
    type: list
    elements: dict
    suboptions:
      policy_name:
        description: Its name.
        type: str
        required: true
      policy_type:
        description: Its type. The configuration shows it when it is unset.
        type: str
        choices: [TargetTrackingScaling, StepScaling, PredictiveScaling]
      target_tracking_scaling_policy_configuration:
        description: The metric and its target, by the API's names in snake_case.
        type: dict
      step_scaling_policy_configuration:
        description: The steps, by the API's names in snake_case.
        type: dict
      predictive_scaling_policy_configuration:
        description: The forecast, by the API's names in snake_case.
        type: dict
  purge_policies:
    description: Whether to delete the policies that O(policies) does not name. An unset O(policies) deletes none.
    type: bool
    default: false
  scheduled_actions:
    description:
      - Scheduled actions. Each is a whole document.
      - An action writes its limits into the target. A limit that an action names is therefore left alone, with a
        warning, while the target has all the limits of that action.
      - Actions that are not named here stay as they are, unless O(purge_scheduled_actions=true).
    type: list
    elements: dict
    suboptions:
      scheduled_action_name:
        description: Its name.
        type: str
        required: true
      schedule:
        description: The schedule, such as V(cron(0 20 ? * MON-FRI *\)), V(rate(1 day\)) or V(at(2026-12-24T18:00:00\)).
        type: str
        required: true
      timezone:
        description: The IANA name of the zone of O(scheduled_actions[].schedule); V(UTC) by default.
        type: str
      start_time:
        description: When the schedule begins, in ISO 8601; UTC when it names no zone.
        type: str
      end_time:
        description: When the schedule ends, in ISO 8601; UTC when it names no zone.
        type: str
      scalable_target_action:
        description: The limits to set.
        type: dict
        required: true
        suboptions:
          min_capacity:
            description: The minimum number of tasks from then on.
            type: int
          max_capacity:
            description: The maximum number of tasks from then on.
            type: int
  purge_scheduled_actions:
    description:
      - Whether to delete the actions that O(scheduled_actions) does not name.
      - An unset O(scheduled_actions) deletes none.
    type: bool
    default: false
extends_documentation_fragment:
  - quilt.mcp_server.resource
  - quilt.mcp_server.connection
seealso:
  - module: quilt.mcp_server.application_autoscaling_target_info
  - module: quilt.mcp_server.ecs_service
"""

EXAMPLES = r"""
- name: Scale the MCP server on its CPU and on its requests
  quilt.mcp_server.application_autoscaling_target:
    resource_id: service/sales-prod/sales-prod-mcp-server-production
    min_capacity: 1
    max_capacity: 4
    policies:
      - policy_name: sales-prod-mcp-server-production-cpu
        target_tracking_scaling_policy_configuration:
          target_value: 60
          predefined_metric_specification:
            predefined_metric_type: ECSServiceAverageCPUUtilization
      - policy_name: sales-prod-mcp-server-production-requests
        target_tracking_scaling_policy_configuration:
          target_value: 1000
          predefined_metric_specification:
            predefined_metric_type: ALBRequestCountPerTarget
            resource_label: app/sales-prod-alb/0123456789abcdef/targetgroup/sales-prod-mcp-server-tg/0123456789abcdef
    scheduled_actions:
      - scheduled_action_name: night
        schedule: cron(0 20 ? * MON-FRI *)
        timezone: Europe/Berlin
        scalable_target_action:
          min_capacity: 0
          max_capacity: 0
    require_tags:
      quilt:deployment: sales-prod-mcp-server-production

- name: Suspend all scaling
  quilt.mcp_server.application_autoscaling_target:
    resource_id: service/sales-prod/sales-prod-mcp-server-production
    suspended_state:
      dynamic_scaling_in_suspended: true
      dynamic_scaling_out_suspended: true
      scheduled_scaling_suspended: true

- name: Scale no more, if the target has the deployment's tag
  quilt.mcp_server.application_autoscaling_target:
    resource_id: service/sales-prod/sales-prod-mcp-server-production
    require_tags:
      quilt:deployment: sales-prod-mcp-server-production
    state: absent
"""

RETURN = r"""
scalable_target:
  description: The scalable target as it is, or in check mode as it would be; empty when it is absent.
  returned: always
  type: dict
  contains:
    scalable_target_arn:
      description: Its ARN.
      type: str
      returned: when present
    creation_time:
      description: When it was registered.
      type: str
      returned: when present
    service_namespace:
      description: The namespace of what is scaled.
      type: str
      returned: when present
    resource_id:
      description: The dimension that is scaled.
      type: str
      returned: when present
    scalable_dimension:
      description: Which number of it.
      type: str
      returned: when present
    min_capacity:
      description: The minimum number of tasks.
      type: int
      returned: when present
    max_capacity:
      description: The maximum number of tasks.
      type: int
      returned: when present
    role_arn:
      description: The role that scales.
      type: str
      returned: when present
    suspended_state:
      description: Which scaling is suspended.
      type: dict
      returned: when present
    policies:
      description: All its policies, by name, or null.
      type: list
      elements: dict
      returned: when present
    scheduled_actions:
      description: All its scheduled actions, by name, or null.
      type: list
      elements: dict
      returned: when present
    tags:
      description: All its tags.
      type: dict
      returned: when present
"""

from ansible_collections.quilt.mcp_server.plugins.module_utils._autoscaling.scalable_target import ScalableTarget
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.arguments import common_arguments
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.aws_module import AwsModule
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.reconciler import run

ARGUMENTS = {
    "service_namespace": {"type": "str", "choices": ["ecs"], "default": "ecs"},
    "resource_id": {"type": "str", "required": True},
    "scalable_dimension": {
        "type": "str",
        "choices": ["ecs:service:DesiredCount"],
        "default": "ecs:service:DesiredCount",
    },
    "min_capacity": {"type": "int"},
    "max_capacity": {"type": "int"},
    "role_arn": {"type": "str", "aliases": ["role"]},
    "suspended_state": {
        "type": "dict",
        "options": {
            "dynamic_scaling_in_suspended": {"type": "bool"},
            "dynamic_scaling_out_suspended": {"type": "bool"},
            "scheduled_scaling_suspended": {"type": "bool"},
        },
    },
    "policies": {
        "type": "list",
        "elements": "dict",
        "options": {
            "policy_name": {"type": "str", "required": True},
            "policy_type": {"type": "str", "choices": ["TargetTrackingScaling", "StepScaling", "PredictiveScaling"]},
            "target_tracking_scaling_policy_configuration": {"type": "dict"},
            "step_scaling_policy_configuration": {"type": "dict"},
            "predictive_scaling_policy_configuration": {"type": "dict"},
        },
    },
    "purge_policies": {"type": "bool", "default": False},
    "scheduled_actions": {
        "type": "list",
        "elements": "dict",
        "options": {
            "scheduled_action_name": {"type": "str", "required": True},
            "schedule": {"type": "str", "required": True},
            "timezone": {"type": "str"},
            "start_time": {"type": "str"},
            "end_time": {"type": "str"},
            "scalable_target_action": {
                "type": "dict",
                "required": True,
                "options": {"min_capacity": {"type": "int"}, "max_capacity": {"type": "int"}},
            },
        },
    },
    "purge_scheduled_actions": {"type": "bool", "default": False},
}


def main() -> None:
    """Manage the scalable target that the arguments describe."""
    module = AwsModule(argument_spec={**common_arguments(), **ARGUMENTS}, supports_check_mode=True)
    run(module, ScalableTarget)


if __name__ == "__main__":
    main()
