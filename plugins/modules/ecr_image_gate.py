#!/usr/bin/python
# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ecr_image_gate
version_added: 1.0.0
short_description: Refuse an image that must not be deployed
description:
  - Finds an image in ECR, pins it to its digest, and fails when it is not for the task's platform or when its scan
    found something. All reasons stand in one message.
  - The platform is read from the image index, or else from the image's configuration, which ECR hands out through S3.
  - An image of another registry than ECR, or of ECR in another region, cannot be looked at. A warning says so, and it
    is returned as it was given.
author:
  - Quilt Data (@quiltdata)
options:
  image:
    description: The image's URI with its registry, and with a digest or a tag.
    type: str
    required: true
  platform:
    description:
      - The platform of the task, such as V(linux/amd64).
      - Unset accepts any.
    type: str
  scan_threshold:
    description:
      - The least severity of a finding that refuses the image.
      - V(none) does not ask for the scan.
      - With any other value an image without a complete scan is refused, also when scanning is not enabled.
    type: str
    choices: [none, LOW, MEDIUM, HIGH, CRITICAL]
    default: none
  scan_wait:
    description: Seconds to wait for a scan that is not complete.
    type: int
    default: 300
extends_documentation_fragment:
  - quilt.mcp_server.reading
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Refuse an image that must not be deployed
  quilt.mcp_server.ecr_image_gate:
    image: 123456789012.dkr.ecr.us-east-1.amazonaws.com/quilt-mcp-server:1.0.0
    platform: linux/amd64
    scan_threshold: CRITICAL
  register: gate
"""

RETURN = r"""
image:
  description: The image.
  returned: success
  type: dict
  contains:
    uri:
      description: The URI, with the digest when the image is in ECR.
      type: str
      sample: 123456789012.dkr.ecr.us-east-1.amazonaws.com/quilt-mcp-server@sha256:0f3a...
    digest:
      description: The digest, empty when it is not known.
      type: str
    platforms:
      description: The platforms that it is for, empty when they are not known.
      type: list
      elements: str
      sample: [linux/amd64]
    scan:
      description: Status and findings of the scan of this platform's image; null when it was not asked for.
      type: dict
      sample: {"status": "COMPLETE", "findings": []}
problems:
  description: The reasons of the failure, one by one.
  returned: failure
  type: list
  elements: str
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.module import run_info
from ansible_collections.quilt.mcp_server.plugins.module_utils._ecr.image_check import checked_image
from ansible_collections.quilt.mcp_server.plugins.module_utils._ecr.image_check_plan import SEVERITIES


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={
            "image": {"type": "str", "required": True},
            "platform": {"type": "str"},
            "scan_threshold": {"type": "str", "choices": ["none", *SEVERITIES], "default": "none"},
            "scan_wait": {"type": "int", "default": 300},
        },
        supports_check_mode=True,
    )
    run_info(module, checked_image)


if __name__ == "__main__":
    main()
