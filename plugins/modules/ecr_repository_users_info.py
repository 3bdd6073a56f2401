#!/usr/bin/python
# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ecr_repository_users_info
version_added: 1.0.0
short_description: Show who runs images of an ECR repository
description:
  - Lists the ECS services and tasks of the account and region whose containers come from the repository.
  - A service without a task counts too, since it may be scaled out again.
author:
  - Quilt Data (@quiltdata)
options:
  repository_name:
    description: Name of the repository.
    type: str
    required: true
extends_documentation_fragment:
  - quilt.mcp_server.reading
  - quilt.mcp_server.connection
"""

EXAMPLES = r"""
- name: Look who runs images of the repository
  quilt.mcp_server.ecr_repository_users_info:
    repository_name: quilt-mcp-server
  register: found
"""

RETURN = r"""
users:
  description: Services and tasks; none when there is no such repository.
  returned: always
  type: list
  elements: dict
  contains:
    kind:
      description: What it is, V(service) or V(task).
      type: str
    arn:
      description: Its ARN.
      type: str
    images:
      description: The images of the repository that it runs or would run.
      type: list
      elements: str
    tags:
      description: Its tags.
      type: dict
"""

from ansible_collections.quilt.mcp_server.plugins.module_utils._core.aws_module import AwsModule
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.module import run_info
from ansible_collections.quilt.mcp_server.plugins.module_utils._ecr.info import repository_users


def main() -> None:
    module = AwsModule(argument_spec={"repository_name": {"type": "str", "required": True}}, supports_check_mode=True)
    run_info(module, repository_users)


if __name__ == "__main__":
    main()
