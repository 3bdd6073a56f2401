#!/usr/bin/python
# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: iam_role
version_added: 1.0.0
short_description: Manage one IAM role with its inline policies
description:
  - Creates, changes and deletes one IAM role, its trust policy, its permissions boundary and its inline policies.
  - Policies are compared semantically, so the order of actions and a list of one make no difference.
  - Attached policies, inline policies of other names and instance profiles are left alone while the role exists.
author:
  - Quilt Data (@quiltdata)
options:
  role_name:
    description: The name of the role, unique in the account.
    type: str
    required: true
  managed:
    description:
      - With V(false) the role belongs to another owner and is only read.
      - The module then fails when there is no such role, or when its trust policy does not name the services that
        O(assume_role_policy_document) names, and warns with what O(policies) says that the role must allow.
    type: bool
    default: true
  path:
    description:
      - The path of the role.
      - AWS cannot change it later; the module then fails and says so.
    type: str
  description:
    description: The description of the role. An empty string removes it.
    type: str
  assume_role_policy_document:
    description: The trust policy. Required when the role is to exist.
    type: dict
  permissions_boundary:
    description: ARN of the permissions boundary. One that the role has is never removed.
    type: str
  max_session_duration:
    description: The maximum session duration of the role, in seconds.
    type: int
  policies:
    description: Inline policies by name, each a policy document. Those of other names are left alone.
    type: dict
extends_documentation_fragment:
  - quilt.mcp_server.resource
  - quilt.mcp_server.replaceable
  - quilt.mcp_server.connection
"""

EXAMPLES = r"""
- name: Ensure the execution role exists
  quilt.mcp_server.iam_role:
    role_name: mcp-server-execution
    assume_role_policy_document:
      Version: "2012-10-17"
      Statement:
        - Effect: Allow
          Principal:
            Service: ecs-tasks.amazonaws.com
          Action: sts:AssumeRole
    policies:
      logs:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Action: [logs:CreateLogStream, logs:PutLogEvents]
            Resource: arn:aws:logs:us-east-1:123456789012:log-group:/ecs/mcp-server:*

- name: Delete the execution role
  quilt.mcp_server.iam_role:
    role_name: mcp-server-execution
    state: absent
"""

RETURN = r"""
role:
  description: The role as it is, or in check mode as it would be; empty when it is absent.
  returned: always
  type: dict
  contains:
    role_name:
      description: Its name.
      type: str
      returned: when present
    arn:
      description: Its ARN.
      type: str
      returned: when present
    role_id:
      description: Its id.
      type: str
      returned: when present
    create_date:
      description: When it was created.
      type: str
      returned: when present
    path:
      description: Its path.
      type: str
      returned: when present
    description:
      description: What it is for, or null.
      type: str
      returned: when present
    assume_role_policy_document:
      description: Its trust policy.
      type: dict
      returned: when present
    permissions_boundary:
      description: ARN of its permissions boundary, or null.
      type: str
      returned: when present
    max_session_duration:
      description: Its maximum session duration, in seconds.
      type: int
      returned: when present
    policies:
      description: Those of its inline policies that O(policies) names.
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
from ansible_collections.quilt.mcp_server.plugins.module_utils._iam.role import ARGUMENTS, Role


def main() -> None:
    """Manage the role that the arguments describe."""
    module = AwsModule(argument_spec={**common_arguments(replaceable=True), **ARGUMENTS}, supports_check_mode=True)
    run(module, Role)


if __name__ == "__main__":
    main()
