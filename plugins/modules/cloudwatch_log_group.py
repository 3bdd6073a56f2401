#!/usr/bin/python
# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: cloudwatch_log_group
version_added: 1.0.0
short_description: Manage one CloudWatch Logs log group
description:
  - Creates, changes and deletes one log group with its retention, its KMS key, its deletion protection and its tags.
  - A retention that the service would refuse is refused before anything is called.
    Changing the retention never deletes the group.
author:
  - Quilt Data (@quiltdata)
options:
  log_group_name:
    description: The name of the log group.
    type: str
    required: true
  retention_in_days:
    description:
      - How many days log events are retained; V(0) retains them indefinitely.
      - One of 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653.
      - When unset, an existing retention is left alone and a new group retains its events indefinitely.
    type: int
  kms_key_id:
    description:
      - The ARN of the KMS key that encrypts the log events.
      - An empty string removes the key from new events.
    type: str
  log_group_class:
    description:
      - The class of the log group.
      - AWS cannot change it later; the module then fails and says so.
    type: str
    choices: [STANDARD, INFREQUENT_ACCESS, DELIVERY, ESSENTIALS]
  deletion_protection_enabled:
    description: Whether AWS refuses to delete the group. Needs a botocore that knows it.
    type: bool
extends_documentation_fragment:
  - quilt.mcp_server.resource
  - quilt.mcp_server.replaceable
  - quilt.mcp_server.connection
"""

EXAMPLES = r"""
- name: Keep the log events of the MCP server for 30 days
  quilt.mcp_server.cloudwatch_log_group:
    log_group_name: /ecs/mcp-server-production
    retention_in_days: 30
    require_tags:
      quilt:deployment: sales-prod-mcp-server-production

- name: Delete the log group, if it has the deployment's tag
  quilt.mcp_server.cloudwatch_log_group:
    log_group_name: /ecs/mcp-server-production
    require_tags:
      quilt:deployment: sales-prod-mcp-server-production
    state: absent
"""

RETURN = r"""
log_group:
  description: The log group as it is, or in check mode as it would be; empty when it is absent.
  returned: always
  type: dict
  contains:
    log_group_name:
      description: Its name.
      type: str
      returned: when present
    arn:
      description: Its ARN with C(:*) at the end, which stands for all its streams.
      type: str
      returned: when present
    log_group_arn:
      description: Its ARN.
      type: str
      returned: when present
    retention_in_days:
      description: How many days log events are retained; V(0) is indefinitely.
      type: int
      returned: when present
    kms_key_id:
      description: The ARN of its KMS key, or null.
      type: str
      returned: when present
    log_group_class:
      description: Its class.
      type: str
      returned: when present
    deletion_protection_enabled:
      description: Whether AWS refuses to delete it.
      type: bool
      returned: when present
    creation_time:
      description: When it was created, in milliseconds since 1970.
      type: int
      returned: when present
    tags:
      description: All its tags.
      type: dict
      returned: when present
"""

from ansible_collections.quilt.mcp_server.plugins.module_utils._core.arguments import common_arguments
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.aws_module import AwsModule
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.reconciler import run
from ansible_collections.quilt.mcp_server.plugins.module_utils._logs.log_group import LogGroup

ARGUMENTS = {
    "log_group_name": {"type": "str", "required": True},
    "retention_in_days": {"type": "int"},
    "kms_key_id": {"type": "str"},
    "log_group_class": {"type": "str", "choices": ["STANDARD", "INFREQUENT_ACCESS", "DELIVERY", "ESSENTIALS"]},
    "deletion_protection_enabled": {"type": "bool"},
}


def main() -> None:
    """Manage the log group that the arguments describe."""
    module = AwsModule(argument_spec={**common_arguments(replaceable=True), **ARGUMENTS}, supports_check_mode=True)
    run(module, LogGroup)


if __name__ == "__main__":
    main()
