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

from typing import Any

from ansible.module_utils.common.dict_transformations import camel_dict_to_snake_dict
from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.amazon.aws.plugins.module_utils.retries import AWSRetry

try:
    from botocore.exceptions import BotoCoreError, ClientError
except ImportError:
    pass  # AnsibleAWSModule says what is missing.


def find(client: Any, repository: str, tag: str) -> list[dict[str, Any]]:
    """Return the image of the tag with its URI, or an empty list."""
    try:
        found = client.describe_images(aws_retry=True, repositoryName=repository, imageIds=[{"imageTag": tag}])[
            "imageDetails"
        ]
        if not found:
            return []
        owner = client.describe_repositories(aws_retry=True, repositoryNames=[repository])["repositories"][0]
    except is_boto3_error_code(["ImageNotFoundException", "RepositoryNotFoundException"]):
        return []
    uri = owner["repositoryUri"]
    return [{**camel_dict_to_snake_dict(image), "uri": f"{uri}@{image['imageDigest']}"} for image in found]


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={
            "repository_name": {"type": "str", "required": True},
            "image_tag": {"type": "str", "required": True},
        },
        supports_check_mode=True,
    )
    repository, tag = module.params["repository_name"], module.params["image_tag"]
    try:
        client = module.client("ecr", retry_decorator=AWSRetry.jittered_backoff())
        images = find(client, repository, tag)
    except (BotoCoreError, ClientError) as error:
        module.fail_json_aws(error, msg=f"Wanted to look up {repository}:{tag} in ECR")
    module.exit_json(changed=False, images=images)


if __name__ == "__main__":
    main()
