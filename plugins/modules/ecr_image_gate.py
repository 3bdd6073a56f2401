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

from dataclasses import asdict
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.quilt.mcp_server.plugins.module_utils._ecr.image_check import Verdict, inspect
from ansible_collections.quilt.mcp_server.plugins.module_utils._ecr.image_check_plan import (
    SEVERITIES,
    ImageName,
    parse_name,
)
from ansible_collections.quilt.mcp_server.plugins.module_utils._ecr.image_client import Registry


def registry_of(module: Any, name: ImageName) -> Registry | None:
    """Where ECR has the image; None when it is not ECR's, or that of another region."""
    client = module.client("ecr")
    urls = {"validate_certs": module.params["validate_certs"], "ca_path": module.params["aws_ca_bundle"]}
    if name.home:
        account, region = name.home
        return Registry(client, name, account, **urls) if region == module.region else None
    # A stand-in for ECR, or an endpoint of one's own, has another name, which only ECR itself can tell.
    registry = Registry(client, name, **urls)
    return registry if registry.uri() == f"{name.registry}/{name.repository}" else None


def judged(module: Any) -> Verdict:
    """What is known of the image, and every reason against it."""
    uri, threshold = module.params["image"], module.params["scan_threshold"]
    name = parse_name(uri)
    registry = registry_of(module, name) if name else None
    if name and registry:
        return inspect(registry, module.params["platform"], threshold, module.params["scan_wait"])
    if threshold == "none":
        module.warn(f"{uri} is not in ECR of this region: neither its platform nor its digest was checked")
        return Verdict(uri, name.digest if name else "")
    problem = (
        f"wanted a scan without findings of severity {threshold} or worse; found it outside ECR of this region, which "
        "alone can be asked; copy it there, or set image_scan_threshold to none"
    )
    return Verdict(uri, problems=(problem,))


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
    try:
        verdict = judged(module)
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    else:
        problems = list(verdict.problems)
        if problems:
            lines = "\n".join(f"- {problem}" for problem in problems)
            module.fail_json(msg=f"the image {verdict.uri} must not be deployed:\n{lines}", problems=problems)
        image = asdict(verdict)
        image.pop("problems")
        module.exit_json(changed=False, image=image)


if __name__ == "__main__":
    main()
