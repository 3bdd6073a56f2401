#!/usr/bin/python
# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: resolve_image
version_added: 1.0.0
short_description: Resolve the image of a deployment to one URI with its digest
description:
  - Finds the image that is built from a source, or takes one that was built elsewhere, and pins it to its digest.
  - Fails, with all reasons in one message, when the image is not in ECR, not for the task's platform, or when its scan
    found too much.
  - An image of another registry than ECR of this region is not looked at, and a warning says so.
author:
  - Quilt Data (@quiltdata)
options:
  source:
    description:
      - V(build) is the image that is built from O(context); its tag is a hash of everything that goes into it.
      - V(prebuilt) is the image O(uri).
      - V(process) is the entry point of the server in O(context), for a platform that runs processes.
    type: str
    choices: [build, prebuilt, process]
    default: build
  uri:
    description: The image with O(source=prebuilt), with a tag or a digest.
    type: str
    default: ""
  resolved_uri:
    description: An image that was resolved before. It is taken as it is, and nothing else is looked at.
    type: str
    default: ""
  repository_name:
    description: The ECR repository with O(source=build).
    type: str
    required: true
  tag:
    description: The tag with O(source=build); empty means the hash of O(context).
    type: str
    default: ""
  context:
    description: Path of the build context, the folder with the Dockerfile.
    type: path
  platform:
    description: The platform that the image is built for; it goes into the hash.
    type: str
    default: linux/amd64
  build_args:
    description: Build arguments of the Dockerfile; they go into the hash.
    type: dict
    default: {}
  required:
    description: Whether to fail when the image of O(source=build) is not in the repository. Check mode never does.
    type: bool
    default: true
  task_platform:
    description: The platform of the task, which the image must have; any when it is not given.
    type: str
  assume_platform:
    description:
      - Whether an image without an index is taken to be for O(task_platform), so that its configuration is not read.
      - ECR provides the configuration through S3, which a network may not reach.
    type: bool
    default: false
  scan_threshold:
    description:
      - The least severity of a finding of ECR's scan that refuses the image.
      - V(none) does not ask for the scan.
    type: str
    choices: [none, LOW, MEDIUM, HIGH, CRITICAL]
    default: none
  scan_wait:
    description: Seconds to wait for a scan that is not complete.
    type: int
    default: 300
extends_documentation_fragment:
  - quilt.mcp_server.reading
  - quilt.mcp_server.connection
requirements:
  - docker (Python library) where a hash of O(context) is taken
"""

EXAMPLES = r"""
- name: Resolve the image of this source
  quilt.mcp_server.resolve_image:
    repository_name: quilt-mcp-server
    context: "{{ playbook_dir }}/.."
    task_platform: linux/amd64
    scan_threshold: CRITICAL
  register: image_resolved

- name: Resolve an image that was built elsewhere
  quilt.mcp_server.resolve_image:
    source: prebuilt
    uri: 123456789012.dkr.ecr.us-east-1.amazonaws.com/quilt-mcp-server:1.0.0
    repository_name: quilt-mcp-server
"""

RETURN = r"""
uri:
  description: The URI, with the digest when the image is in ECR; V(known-after-apply) when it is not there yet.
  returned: success
  type: str
  sample: 123456789012.dkr.ecr.us-east-1.amazonaws.com/quilt-mcp-server@sha256:0f3a...
tag:
  description: The tag of an image that is built from a source; empty otherwise.
  returned: success
  type: str
  sample: src-0f3c6f3e6a0d2a51
digest:
  description: The digest; empty when it is not known.
  returned: success
  type: str
repository_arn:
  description: The ARN of its repository; empty when it was not looked up.
  returned: success
  type: str
  sample: arn:aws:ecr:us-east-1:123456789012:repository/quilt-mcp-server
found:
  description: Whether the image is there.
  returned: success
  type: bool
platforms:
  description: The platforms that it is for; empty when they are not known.
  returned: success
  type: list
  elements: str
  sample: [linux/amd64]
scan:
  description: Status and findings of the scan of this platform's image; null when it was not asked for.
  returned: success
  type: dict
  sample: {"status": "COMPLETE", "findings": []}
problems:
  description: The reasons against the image, one by one.
  returned: failure
  type: list
  elements: str
"""

import traceback
from functools import cache
from typing import Any

from ansible.module_utils.basic import missing_required_lib
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.aws_module import AwsModule
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.module import run_info
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.problem import Problem
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.refusal import Refused
from ansible_collections.quilt.mcp_server.plugins.module_utils._ecr.image_resolution import resolve_image
from ansible_collections.quilt.mcp_server.plugins.module_utils._image.build_context import content_tag

try:
    from docker.utils.build import exclude_paths

    DOCKER_ERROR = None
except ImportError:
    DOCKER_ERROR = traceback.format_exc()


def tag_of(module: Any) -> str:
    """The tag of the image that is built from the context."""
    params = module.params
    if params["tag"]:
        return str(params["tag"])
    if DOCKER_ERROR:
        module.fail_json(msg=missing_required_lib("docker"), exception=DOCKER_ERROR)
    try:
        tag, _files = content_tag(params["context"], params["platform"], params["build_args"], exclude_paths)
    except FileNotFoundError as error:
        raise Refused(
            "choose the image of this source",
            Problem(
                f"there is no {error.filename}",
                f"the build context in {params['context']} needs a Dockerfile and a .dockerignore",
                "set image_context to the root of the collection's checkout, or set image_source to prebuilt and "
                "image_uri",
            ),
        ) from error
    return str(tag)


def main() -> None:
    """Resolve the image that the arguments describe."""
    module = AwsModule(
        argument_spec={
            "source": {"type": "str", "choices": ["build", "prebuilt", "process"], "default": "build"},
            "uri": {"type": "str", "default": ""},
            "resolved_uri": {"type": "str", "default": ""},
            "repository_name": {"type": "str", "required": True},
            "tag": {"type": "str", "default": ""},
            "context": {"type": "path"},
            "platform": {"type": "str", "default": "linux/amd64"},
            "build_args": {"type": "dict", "default": {}},
            "required": {"type": "bool", "default": True},
            "task_platform": {"type": "str"},
            "assume_platform": {"type": "bool", "default": False},
            "scan_threshold": {
                "type": "str",
                "choices": ["none", "LOW", "MEDIUM", "HIGH", "CRITICAL"],
                "default": "none",
            },
            "scan_wait": {"type": "int", "default": 300},
        },
        supports_check_mode=True,
    )
    run_info(
        module, lambda client, params: resolve_image(client, params, cache(lambda: tag_of(module)), module.check_mode)
    )


if __name__ == "__main__":
    main()
