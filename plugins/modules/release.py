#!/usr/bin/python
# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: release
version_added: 1.0.0
short_description: Record the evidence that a release was verified
description:
  - Records the running release, as observed, after the checks of M(quilt.mcp_server.mcp_smoke_test) passed.
  - A release is a revision of the task definition. Its evidence is one document in Systems Manager Parameter Store,
    C(/quilt/<deployment>/releases/<revision>), and three tags on the task definition,
    C(quilt:release), C(quilt:digest) and C(quilt:proven).
  - Refuses, in one message, to record what is not verified - no service, another task definition than the one that was
    deployed, one that another user registered, a deployment that is not complete, a check that did not pass.
  - Evidence with the same content is not changed; the time and the caller are not compared.
  - With O(state=absent) deletes the evidence of one release, or of all of them.
author:
  - Quilt Data (@quiltdata)
options:
  deployment:
    description: The name of the deployment.
    type: str
    required: true
  cluster:
    description: The cluster of the service. Required with O(state=present).
    type: str
  service_name:
    description: The service. Required with O(state=present).
    type: str
  task_definition:
    description:
      - The ARN of the revision that was deployed, which must be the one that runs.
      - Unset takes whatever runs.
    type: str
  url:
    description: The URL of the checks.
    type: str
  checks:
    description: The checks that were made, as M(quilt.mcp_server.mcp_smoke_test) returns them.
    type: list
    elements: dict
    default: []
  collection_version:
    description: The version of the collection that deployed.
    type: str
  keep:
    description: For how many releases evidence is retained; the oldest is deleted first, that of the running one never.
    type: int
    default: 20
  release:
    description: The release whose evidence is deleted with O(state=absent). Unset means all of them.
    type: int
extends_documentation_fragment:
  - quilt.mcp_server.resource
  - quilt.mcp_server.connection
seealso:
  - module: quilt.mcp_server.release_info
"""

EXAMPLES = r"""
- name: Keep the evidence of what was just proven
  quilt.mcp_server.release:
    deployment: sales-prod-mcp-server-production
    cluster: sales-prod
    service_name: sales-prod-mcp-server-production
    url: https://demo.quiltdata.com/mcp
    checks: "{{ smoke_exports.checks }}"
    require_tags:
      quilt:deployment: sales-prod-mcp-server-production

- name: Delete all evidence of the deployment
  quilt.mcp_server.release:
    deployment: sales-prod-mcp-server-production
    require_tags:
      quilt:deployment: sales-prod-mcp-server-production
    state: absent
"""

RETURN = r"""
evidence:
  description: The evidence as it is, or in check mode as it would be; empty when it is absent.
  returned: always
  type: dict
  contains:
    release: {description: The revision of the task definition., type: int, returned: when present}
    time: {description: When it was proven (UTC)., type: str, returned: when present, sample: "2026-11-22T14:00:00Z"}
    url: {description: The URL that was asked., type: str, returned: when present}
    image: {description: The image., type: str, returned: when present}
    digest: {description: The digest of the image; empty when it is not pinned., type: str, returned: when present}
    task_definition_arn: {description: The task definition., type: str, returned: when present}
    service_arn: {description: The service., type: str, returned: when present}
    deployment_id: {description: ECS's id of the deployment., type: str, returned: when present}
    rule:
      description: The listener rule that clients came through, with its ARN, priority and conditions.
      type: dict
      returned: when present
    target_group_arn: {description: The target group., type: str, returned: when present}
    checks: {description: "The checks with name, ok and seconds.", type: list, elements: dict, returned: when present}
    secrets:
      description: The version of each secret by environment variable; empty when the task definition does not pin it.
      type: dict
      returned: when present
    actor: {description: The ARN of the caller., type: str, returned: when present}
    collection_version: {description: The collection that deployed., type: str, returned: when present}
    kept: {description: The releases with evidence., type: list, elements: int, returned: when present}
    tagged:
      description: Whether the task definition carries the tags of this evidence.
      type: bool
      returned: when present
    tags: {description: The tags of the parameter., type: dict, returned: when present}
pruned:
  description: The releases whose evidence was deleted, or would be.
  returned: always
  type: list
  elements: int
"""

from ansible_collections.quilt.mcp_server.plugins.module_utils._core.arguments import common_arguments
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.aws_module import AwsModule
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.reconciler import run
from ansible_collections.quilt.mcp_server.plugins.module_utils._release.evidence import Evidence

ARGUMENTS = {
    "deployment": {"type": "str", "required": True},
    "cluster": {"type": "str"},
    "service_name": {"type": "str"},
    "task_definition": {"type": "str"},
    "url": {"type": "str"},
    "checks": {"type": "list", "elements": "dict", "default": []},
    "collection_version": {"type": "str"},
    "keep": {"type": "int", "default": 20},
    "release": {"type": "int"},
}


def main() -> None:
    """Keep or delete the evidence that the arguments describe."""
    module = AwsModule(
        argument_spec={**common_arguments(), **ARGUMENTS},
        required_if=[("state", "present", ["cluster", "service_name", "url", "checks"])],
        supports_check_mode=True,
    )
    run(module, Evidence)


if __name__ == "__main__":
    main()
