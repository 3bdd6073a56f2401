#!/usr/bin/python
# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: release_info
version_added: 1.0.0
short_description: Read what runs and what was verified
description:
  - Reads what a service runs now, and the evidence that M(quilt.mcp_server.release) recorded.
author:
  - Quilt Data (@quiltdata)
options:
  deployment:
    description: The name of the deployment.
    type: str
    required: true
  cluster:
    description: The cluster of the service.
    type: str
    required: true
  service_name:
    description: The service.
    type: str
    required: true
  own_tags:
    description: The tags that a task definition of the deployment has.
    type: dict
    default: {}
  tasks:
    description: Whether the running tasks and the targets are read too.
    type: bool
    default: false
  scaling:
    description: Whether the scalable targets of the service are read too.
    type: bool
    default: false
extends_documentation_fragment:
  - quilt.mcp_server.reading
  - quilt.mcp_server.connection
seealso:
  - module: quilt.mcp_server.release
  - module: quilt.mcp_server.release_target
"""

EXAMPLES = r"""
- name: Read what runs and what was verified
  quilt.mcp_server.release_info:
    deployment: sales-prod-mcp-server-production
    cluster: sales-prod
    service_name: sales-prod-mcp-server-production
  register: releases
"""

RETURN = r"""
running:
  description: What runs now; empty when there is no active service.
  returned: always
  type: dict
  contains:
    release: {description: The revision of the task definition., type: int, returned: when something runs}
    proven: {description: When it was proven (UTC); empty when it was not., type: str, returned: when something runs}
    is_own: {description: Whether the task definition has O(own_tags)., type: bool, returned: when something runs}
    latest_revision:
      description: The latest ACTIVE revision of its family that has O(own_tags); what runs when none is newer.
      type: int
      returned: when something runs
    image: {description: The image., type: str, returned: when something runs}
    digest: {description: Its digest; empty when it is not pinned., type: str, returned: when something runs}
    task_definition_arn: {description: The task definition., type: str, returned: when something runs}
    registered_by: {description: "Who registered it, if ECS says so.", type: str, returned: when something runs}
    service_arn: {description: The service., type: str, returned: when something runs}
    deployment_id: {description: ECS's id of the deployment., type: str, returned: when something runs}
    rollout_state: {description: How the deployment stands., type: str, returned: when something runs}
    deployed_at: {description: When it began (UTC)., type: str, returned: when something runs}
    desired_count: {description: How many tasks are wanted., type: int, returned: when something runs}
    running_count: {description: How many run., type: int, returned: when something runs}
    pending_count: {description: How many start., type: int, returned: when something runs}
    target_group_arn: {description: The target group., type: str, returned: when something runs}
    rule:
      description: The listener rule with its ARN, priority, conditions, and weights by target group.
      type: dict
      returned: when something runs
    secrets:
      description: Version of each secret by environment variable; of another container by C(container/variable).
      type: dict
      returned: when something runs
    container_name: {description: The server's container., type: str, returned: when something runs}
    capacity:
      description: The launch type, or the capacity providers with base and weight.
      type: str
      returned: when something runs
    tasks: {description: The tasks., type: list, elements: dict, returned: with O(tasks)}
    targets: {description: The targets., type: list, elements: dict, returned: with O(tasks)}
releases:
  description: The evidence, what was proven last first.
  returned: always
  type: list
  elements: dict
last_image:
  description: The image that was proven last, or else the one that runs; empty without either.
  returned: always
  type: str
is_scaled:
  description: Whether the service has a scalable target that the credentials may read.
  returned: with O(scaling)
  type: bool
scaling:
  description:
    - The scalable targets of the service as M(quilt.mcp_server.application_autoscaling_target_info) returns them.
    - Null when the credentials may not read them.
  returned: with O(scaling)
  type: list
  elements: dict
"""

from ansible_collections.quilt.mcp_server.plugins.module_utils._core.aws_module import AwsModule
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.module import run_info
from ansible_collections.quilt.mcp_server.plugins.module_utils._release.info import releases

ARGUMENTS = {
    "deployment": {"type": "str", "required": True},
    "cluster": {"type": "str", "required": True},
    "service_name": {"type": "str", "required": True},
    "own_tags": {"type": "dict", "default": {}},
    "tasks": {"type": "bool", "default": False},
    "scaling": {"type": "bool", "default": False},
}


def main() -> None:
    """Read the releases."""
    module = AwsModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    run_info(module, releases)


if __name__ == "__main__":
    main()
