#!/usr/bin/python
# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ecr_image_protection
version_added: 1.0.0
short_description: Tag the image that a deployment uses
description:
  - Gives the image the tag C(in-use-<deployment>-<12 digits of the digest>). A lifecycle policy whose first rule
    matches C(in-use-) and expires none of them never deletes such an image, because an image that matches an earlier
    rule is not expired by a later one.
  - No tag ever moves, so this works in immutable repositories too.
  - An image that would lose its last tag is tagged C(was-in-use-<12 digits>) first, since ECR would delete it.
  - A repository that is foreign, or an image of another repository, is left as it is with a warning.
author:
  - Quilt Data (@quiltdata)
options:
  repository_name:
    description: Name of the ECR repository.
    type: str
    required: true
  deployment:
    description: Name of the deployment.
    type: str
    required: true
  image:
    description:
      - URI of the image that it uses, with its digest.
      - Unset means none.
    type: str
  repository_arn:
    description:
      - ARN of the repository of O(image), as M(quilt.mcp_server.resolve_image) returns it.
      - The repository is looked up when it is not given.
    type: str
    default: ""
  alone:
    description: Whether the deployment uses no other image, so that its other in-use tags are removed.
    type: bool
    default: false
  require_tags:
    description: Tags by which the repository is recognized as the deployment's.
    type: dict
    default: {}
attributes:
  check_mode:
    support: full
    description: Predicts the tags.
  diff_mode:
    support: full
    description: Shows the in-use tags of this deployment.
extends_documentation_fragment:
  - quilt.mcp_server.connection
"""

EXAMPLES = r"""
- name: Mark the image before it is deployed
  quilt.mcp_server.ecr_image_protection:
    repository_name: quilt-mcp-server
    deployment: sales-prod-mcp-server-production
    image: 123456789012.dkr.ecr.us-east-1.amazonaws.com/quilt-mcp-server@sha256:0f3a...

- name: Unmark the images that no longer run
  quilt.mcp_server.ecr_image_protection:
    repository_name: quilt-mcp-server
    deployment: sales-prod-mcp-server-production
    image: 123456789012.dkr.ecr.us-east-1.amazonaws.com/quilt-mcp-server@sha256:0f3a...
    alone: true
"""

RETURN = r"""
marks:
  description: The deployment's marks in the repository.
  returned: always
  type: list
  elements: str
  sample: [in-use-sales-prod-mcp-server-production-0f3a5c7e9b1d]
others:
  description: Those of them that are for other images than O(image); O(alone=true) removes them.
  returned: always
  type: list
  elements: str
"""

from ansible_collections.quilt.mcp_server.plugins.module_utils._core.aws_module import AwsModule
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.module import exit_with
from ansible_collections.quilt.mcp_server.plugins.module_utils._ecr.in_use_tags import keep_in_use_tags


def main() -> None:
    module = AwsModule(
        argument_spec={
            "repository_name": {"type": "str", "required": True},
            "deployment": {"type": "str", "required": True},
            "image": {"type": "str"},
            "repository_arn": {"type": "str", "default": ""},
            "alone": {"type": "bool", "default": False},
            "require_tags": {"type": "dict", "default": {}},
        },
        supports_check_mode=True,
    )
    exit_with(module, lambda: keep_in_use_tags(module))


if __name__ == "__main__":
    main()
