#!/usr/bin/python
# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: image_context_info
version_added: 1.0.0
short_description: Hash everything that goes into an image
description:
  - Returns a tag that changes when, and only when, the image would.
  - It covers the files of the build context that C(.dockerignore) lets through, whether they may be executed,
    the platform and the build arguments.
author:
  - Quilt Data (@quiltdata)
options:
  path:
    description: The folder with the C(Dockerfile) and the C(.dockerignore).
    type: path
    required: true
  platform:
    description: The platform that is built for.
    type: str
    required: true
  build_args:
    description: Build arguments.
    type: dict
    default: {}
requirements:
  - docker (Python)
extends_documentation_fragment:
  - quilt.mcp_server.reading
"""

EXAMPLES = r"""
- name: Hash the build context
  quilt.mcp_server.image_context_info:
    path: "{{ playbook_dir }}/.."
    platform: linux/amd64
  register: context
"""

RETURN = r"""
tag:
  description: V(src-) and the first 16 hexadecimal digits of the hash.
  returned: always
  type: str
  sample: src-0f3c6f3e6a0d2a51
files:
  description: The files that were hashed, relative to O(path).
  returned: always
  type: list
  elements: str
"""

import traceback

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible_collections.quilt.mcp_server.plugins.module_utils._image.build_context import content_tag

try:
    from docker.utils.build import exclude_paths

    DOCKER_ERROR = None
except ImportError:
    DOCKER_ERROR = traceback.format_exc()


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "path": {"type": "path", "required": True},
            "platform": {"type": "str", "required": True},
            "build_args": {"type": "dict", "default": {}},
        },
        supports_check_mode=True,
    )
    if DOCKER_ERROR:
        module.fail_json(msg=missing_required_lib("docker"), exception=DOCKER_ERROR)
    try:
        tag, files = content_tag(
            module.params["path"], module.params["platform"], module.params["build_args"], exclude_paths
        )
    except FileNotFoundError as error:
        module.fail_json(
            msg=f"Wanted a build context with a Dockerfile and a .dockerignore in {module.params['path']}; "
            f"found no {error.filename}. Set image_context to the root of the collection's checkout, "
            "or set image_source to prebuilt and image_uri."
        )
    module.exit_json(changed=False, tag=tag, files=files)


if __name__ == "__main__":
    main()
