#!/usr/bin/python
# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: iam_roles
version_added: 1.0.0
short_description: Manage the IAM roles of one deployment together
description:
  - Manages several roles as M(quilt.mcp_server.iam_role) manages one.
  - All of them are read and planned before the first is written, and one message has all problems.
author:
  - Quilt Data (@quiltdata)
options:
  roles:
    description: The roles.
    type: list
    elements: dict
    required: true
    suboptions:
      purpose:
        description: The purpose of the role; its key in the result.
        type: str
        required: true
      role_name:
        description: The name of the role.
        type: str
        required: true
      managed:
        description: With V(false) the role belongs to another owner and is only read and checked.
        type: bool
        default: true
      path:
        description: The path of the role.
        type: str
      description:
        description: The description of the role.
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
        description: Inline policies by name. Those of other names are left alone.
        type: dict
  refusal_hint:
    description: What an operator can do about a role that is refused; the end of the last remedy.
    type: str
    default: ""
  state:
    description: Whether the roles are to exist.
    type: str
    choices: [present, absent]
    default: present
  tags:
    description: Tags to set on each managed role; others stay.
    type: dict
    aliases: [resource_tags]
  purge_tags:
    description: Whether to remove the tags that O(tags) does not name.
    type: bool
    default: false
  require_tags:
    description: Tags that identify the owner. An existing role without them belongs to another owner and is refused.
    type: dict
    default: {}
  leave_foreign:
    description:
      - Whether O(state=absent) leaves the roles without O(require_tags) as they are, instead of failing.
    type: bool
    default: false
attributes:
  check_mode:
    description: Makes no call that writes and returns the roles as they would be.
    support: full
  diff_mode:
    description: Returns C(diff) with the roles before and after.
    support: full
extends_documentation_fragment:
  - quilt.mcp_server.connection
"""

EXAMPLES = r"""
- name: Ensure the IAM roles exist
  quilt.mcp_server.iam_roles:
    roles:
      - purpose: task
        role_name: mcp-server-task
        assume_role_policy_document: "{{ trust_policy }}"
        policies:
          data: "{{ data_policy }}"
      - purpose: execution
        role_name: ecsTaskExecutionRole
        managed: false
        assume_role_policy_document: "{{ trust_policy }}"
    require_tags:
      quilt:deployment: sales-prod-mcp-server-production
  register: iam_exports
"""

RETURN = r"""
arns:
  description: The ARN of each role, by its purpose; empty when it is absent.
  returned: always
  type: dict
  sample: {"task": "arn:aws:iam::123456789012:role/mcp-server-task"}
roles:
  description: Each role as M(quilt.mcp_server.iam_role) returns it, by its purpose.
  returned: always
  type: dict
"""

from ansible_collections.quilt.mcp_server.plugins.module_utils._core.arguments import common_arguments
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.aws_module import AwsModule
from ansible_collections.quilt.mcp_server.plugins.module_utils._iam.role import ARGUMENTS
from ansible_collections.quilt.mcp_server.plugins.module_utils._iam.roles import run

ROLE = {"purpose": {"type": "str", "required": True}, **ARGUMENTS}


def main() -> None:
    """Manage the roles that the arguments describe."""
    module = AwsModule(
        argument_spec={
            **common_arguments(),
            "roles": {"type": "list", "elements": "dict", "required": True, "options": ROLE},
            "refusal_hint": {"type": "str", "default": ""},
        },
        supports_check_mode=True,
    )
    run(module)


if __name__ == "__main__":
    main()
