#!/usr/bin/python
# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ecr_image_info
version_added: 1.0.0
short_description: Find an image in an ECR repository
description:
  - Returns the image that has a tag, or nothing when the tag or the repository does not exist.
author:
  - Quilt Data (@quiltdata)
options:
  repository_name:
    description: Name of the repository.
    type: str
    required: true
  image_tag:
    description: The tag of the image.
    type: str
    required: true
extends_documentation_fragment:
  - quilt.mcp_server.reading
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Look an image up
  quilt.mcp_server.ecr_image_info:
    repository_name: quilt-mcp-server
    image_tag: "1.0.0"
  register: found
"""

RETURN = r"""
images:
  description: The image, or an empty list.
  returned: always
  type: list
  elements: dict
  contains:
    uri:
      description: The image's URI with its digest.
      type: str
      returned: always
    image_digest:
      description: The digest of the manifest.
      type: str
      returned: always
    image_tags:
      description: All tags of the image.
      type: list
      elements: str
      returned: always
    image_size_in_bytes:
      description: Compressed size in bytes.
      type: int
      returned: when ECR knows it
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.module import run_info
from ansible_collections.quilt.mcp_server.plugins.module_utils._ecr.info import images


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={
            "repository_name": {"type": "str", "required": True},
            "image_tag": {"type": "str", "required": True},
        },
        supports_check_mode=True,
    )
    run_info(module, images)


if __name__ == "__main__":
    main()
