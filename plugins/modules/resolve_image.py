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
  - An image behind a pull-through cache rule of ECR is fetched by ECR when the module asks for it, not in check mode.
    An image that the caller may not have fetched is deployed by its tag, with a warning.
author:
  - Quilt Data (@quiltdata)
options:
  source:
    description:
      - V(build) is the image that is built from O(context); its tag is a hash of everything that goes into it, and the
        digest of its base.
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
  base:
    description:
      - The base image, with a tag, a digest or both. Empty means the default of the Dockerfile's argument C(BASE).
      - Its name goes into the hash. Its digest is the last part of the tag.
    type: str
    default: ""
  look_up_base:
    description:
      - Whether to look up the digest of a base that is named by its tag, as a build does. The command C(docker) asks
        the registry of the base. Where that does not answer, it is the digest of the image that the engine pulled
        before. An image that was built on the engine has none, so its ID is taken.
      - Without it, and where the base cannot be looked up, the image is the last one that was pushed of this source, on
        any base.
    type: bool
    default: false
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
pull_through:
  description:
    - The pull-through cache rule of ECR that is for the repository of O(uri) or O(resolved_uri).
    - Null where there is none, or where the caller may not read the rules.
  returned: success
  type: dict
  sample: {"prefix": "docker-hub", "upstream": "registry-1.docker.io", "secret_arn": ""}
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
from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import missing_required_lib
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.aws_module import AwsModule
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.module import run_info
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.problem import Problem
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.refusal import Refused
from ansible_collections.quilt.mcp_server.plugins.module_utils._ecr.image_resolution import Source, resolve_image
from ansible_collections.quilt.mcp_server.plugins.module_utils._image.base import (
    ARGUMENT,
    Base,
    parse_base,
    takes_base,
)
from ansible_collections.quilt.mcp_server.plugins.module_utils._image.base_lookup import (
    Found,
    docker_runner,
    look_up,
)
from ansible_collections.quilt.mcp_server.plugins.module_utils._image.build_context import content_tag

try:
    from docker.utils.build import exclude_paths

    DOCKER_ERROR = None
except ImportError:
    DOCKER_ERROR = traceback.format_exc()


def source_of(module: Any) -> Source:
    """What is known of the image that is built from the context."""
    params = module.params
    if params["tag"] and not params["look_up_base"]:
        return Source(str(params["tag"]))
    try:
        base = _base_of(params)
        tag = str(params["tag"]) or _content_tag(module, base)
    except FileNotFoundError as error:
        if params["tag"]:
            return Source(str(params["tag"]))
        raise Refused(
            "choose the image of this source",
            Problem(
                f"there is no {error.filename}",
                f"the build context in {params['context']} needs a Dockerfile and a .dockerignore",
                "set image_context to the root of the collection's checkout, or set image_source to prebuilt and "
                "image_uri",
            ),
        ) from error
    if base is None or params["source"] != "build":
        return Source(tag)
    found = look_up(base, docker_runner(module)) if params["look_up_base"] else Found(base)
    known = found.base
    return Source(
        tag=tag if params["tag"] or not known.digest else f"{tag}-{known.short_digest}",
        any_base=not params["tag"] and not known.digest,
        base={**asdict(known), "argument": known.argument},
        problem=None if found.buildable else _no_base(found),
        warning=_used_instead(found),
    )


def _base_of(params: Mapping[str, Any]) -> Base | None:
    """The base that the build will have; None where the Dockerfile takes none. Raises FileNotFoundError without one."""
    takes, default = takes_base((Path(params["context"]) / "Dockerfile").read_text(encoding="utf-8"))
    wanted = params["base"] or params["build_args"].get(ARGUMENT)
    if params["base"] and not takes:
        raise Refused(
            f"build on the base {params['base']}",
            Problem(
                f"the Dockerfile of {params['context']} has no ARG {ARGUMENT} before its first FROM",
                "the base would be another one",
                f"write ARG {ARGUMENT} and FROM ${{{ARGUMENT}}} in it, or leave image_base out",
            ),
        )
    text = str(wanted or default)
    return parse_base(text) if takes and text else None


def _content_tag(module: Any, base: Base | None) -> str:
    params = module.params
    if DOCKER_ERROR:
        module.fail_json(msg=missing_required_lib("docker"), exception=DOCKER_ERROR)
    # The digest is a part of its own, so that an image is found by its source alone too.
    named = {ARGUMENT: base.name} if base else {}
    tag, _files = content_tag(params["context"], params["platform"], {**params["build_args"], **named}, exclude_paths)
    return str(tag)


def _no_base(found: Found) -> Problem:
    return Problem(
        f"no registry named the digest of its base {found.base.name} ({found.refusal}), and the engine has no such "
        "image",
        "the digest is a part of the image's tag",
        "correct image_base, pull it with docker, or give it with its digest",
    )


def _used_instead(found: Found) -> str:
    base = found.base
    taken = {
        "engine": f"the image that the engine pulled before was taken, {base.digest}",
        "image_id": f"the ID of the engine's own image takes its place, {base.digest}",
    }.get(base.origin)
    return f"no registry named the digest of the base {base.name} ({found.refusal}): {taken}" if taken else ""


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
            "base": {"type": "str", "default": ""},
            "look_up_base": {"type": "bool", "default": False},
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
        module,
        lambda client, params: resolve_image(client, params, cache(lambda: source_of(module)), module.check_mode),
    )


if __name__ == "__main__":
    main()
