#!/usr/bin/python
# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: assert_docker_engine
version_added: 1.0.0
short_description: Require a Docker engine with buildx
description:
  - Asks the Docker client of the host for its engine and for buildx, with which images are built, and fails when one of
    them does not answer.
  - The client takes its engine from its own environment and contexts (E(DOCKER_HOST), E(DOCKER_CONTEXT)).
author:
  - Quilt Data (@quiltdata)
options: {}
extends_documentation_fragment:
  - quilt.mcp_server.reading
requirements:
  - docker (command line) with the buildx plugin
"""

EXAMPLES = r"""
- name: Require a Docker engine
  quilt.mcp_server.assert_docker_engine:
"""

RETURN = r"""
engine:
  description: The version of the engine.
  returned: success
  type: str
  sample: 26.1.5
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.problem import Problem, refusal

PARTS = (["version", "--format", "{{.Server.Version}}"], ["buildx", "version"])


def main() -> None:
    """Require that both parts answer."""
    module = AnsibleModule(argument_spec={}, supports_check_mode=True)
    client = module.get_bin_path("docker")
    problem, answers = "" if client else "there is no docker command", []
    for part in PARTS if client else ():
        status, output, error = module.run_command([client, *part])
        answers.append(output.strip())
        if status:
            said = (error or output).strip().splitlines()
            problem = said[-1] if said else f"docker {part[0]} ended with {status}"
            break
    if problem:
        missing = Problem(
            f"there is no Docker engine with buildx ({problem})",
            "the image is built with it",
            "start Docker, or build elsewhere and set image_source to prebuilt and image_uri",
        )
        module.fail_json(msg=refusal("Refused to build the image", [missing]))
    module.exit_json(changed=False, engine=answers[0])


if __name__ == "__main__":
    main()
