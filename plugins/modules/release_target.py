#!/usr/bin/python
# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: release_target
version_added: 1.0.0
short_description: Choose the release that a rollback returns to
description:
  - Reads what a service runs now, and the evidence that M(quilt.mcp_server.release) recorded, and chooses a release.
  - Fails with every reason why the service cannot return to it.
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
  rollback_to:
    description:
      - The number of a release, or V(last).
      - V(last) is the release that was proven last and does not run now. Where what runs is proven and older than the
        latest revision of the deployment, the service is back already, so that asking twice goes back once.
        But when it was not moved there after that revision was registered, only a number says what is to be left.
    type: str
    default: last
  old_secrets:
    description:
      - Whether O(rollback_to) may be a release with secrets that were rotated since.
        By default that is a reason why it cannot.
    type: bool
    default: false
  repository:
    description: The ECR repository in which the image of O(rollback_to) is looked up; unset looks up nothing.
    type: str
extends_documentation_fragment:
  - quilt.mcp_server.reading
  - quilt.mcp_server.connection
seealso:
  - module: quilt.mcp_server.release
  - module: quilt.mcp_server.release_info
"""

EXAMPLES = r"""
- name: Choose the release
  quilt.mcp_server.release_target:
    deployment: sales-prod-mcp-server-production
    cluster: sales-prod
    service_name: sales-prod-mcp-server-production
    repository: quilt-mcp-server
  register: release_target
"""

RETURN = r"""
running:
  description: What runs now, as M(quilt.mcp_server.release_info) returns it.
  returned: success
  type: dict
releases:
  description: The evidence, what was verified last first.
  returned: success
  type: list
  elements: dict
rollback:
  description: Where a rollback goes.
  returned: success
  type: dict
  contains:
    release: {description: The release., type: int, returned: success}
    task_definition_arn: {description: Its task definition., type: str, returned: success}
    image: {description: Its image., type: str, returned: success}
    already: {description: Whether it runs already., type: bool, returned: success}
    reason: {description: Why this one., type: str, returned: success}
problems:
  description: The reasons against the rollback, one by one.
  returned: failure
  type: list
  elements: str
"""

from ansible_collections.quilt.mcp_server.plugins.module_utils._core.aws_module import AwsModule
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.module import run_info
from ansible_collections.quilt.mcp_server.plugins.module_utils._release.info import target

ARGUMENTS = {
    "deployment": {"type": "str", "required": True},
    "cluster": {"type": "str", "required": True},
    "service_name": {"type": "str", "required": True},
    "own_tags": {"type": "dict", "default": {}},
    "rollback_to": {"type": "str", "default": "last"},
    "old_secrets": {"type": "bool", "default": False},
    "repository": {"type": "str"},
}


def main() -> None:
    """Choose the release."""
    module = AwsModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    run_info(module, target)


if __name__ == "__main__":
    main()
