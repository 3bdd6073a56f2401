#!/usr/bin/python
# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: sns_topic
version_added: 1.0.0
short_description: Manage one standard topic of Amazon SNS
description:
  - Creates, changes and deletes one standard topic with its attributes and its tags.
  - Subscriptions and the access policy of the topic are left alone.
author:
  - Quilt Data (@quiltdata)
options:
  name:
    description: The name of the topic.
    type: str
    required: true
  attributes:
    description:
      - Attributes of the topic by their names in the API.
      - V(DisplayName), V(KmsMasterKeyId), V(SignatureVersion) and V(TracingConfig) are managed.
      - An attribute that is not given is left alone.
    type: dict
extends_documentation_fragment:
  - quilt.mcp_server.resource
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Ensure the topic for alarms exists
  quilt.mcp_server.sns_topic:
    name: sales-prod-mcp-server-production-alarms
    attributes:
      DisplayName: Alarms of the MCP server
    require_tags:
      quilt:deployment: sales-prod-mcp-server-production
"""

RETURN = r"""
topic:
  description: The topic as it is, or in check mode as it would be; empty when it is absent.
  returned: always
  type: dict
  contains:
    name:
      description: Its name.
      type: str
      returned: when present
    topic_arn:
      description: Its ARN.
      type: str
      returned: when present
    attributes:
      description: Its managed attributes that have a value.
      type: dict
      returned: when present
    tags:
      description: All its tags.
      type: dict
      returned: when present
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.arguments import common_arguments
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.reconciler import run
from ansible_collections.quilt.mcp_server.plugins.module_utils._sns.topic import Topic

ARGUMENTS = {
    "name": {"type": "str", "required": True},
    "attributes": {"type": "dict"},
}


def main() -> None:
    """Manage the topic that the arguments describe."""
    run(AnsibleAWSModule(argument_spec={**common_arguments(), **ARGUMENTS}, supports_check_mode=True), Topic)


if __name__ == "__main__":
    main()
