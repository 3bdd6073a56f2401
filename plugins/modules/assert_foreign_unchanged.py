#!/usr/bin/python
# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: assert_foreign_unchanged
version_added: 1.0.0
short_description: Verify that no resource of another owner changed on a load balancer
description:
  - Compares the resources of other owners on a load balancer with their state before the first write of this run.
  - Modules of this collection that write to a load balancer read it before and store it in the file O(snapshot), when
    they are given its path as O(quilt.mcp_server.elb_listener_rule#module:foreign_snapshot).
  - Does nothing when no module of this run wrote to a load balancer.
  - Compares the load balancer, its listeners, their rules and its target groups, all with their attributes and tags.
    Targets of others may change, but none of this deployment may be in a group of others.
  - Another deployment of this collection may change its own resources in a concurrent run, so a change of
    them is a warning.
  - Deletes the file.
author:
  - Quilt Data (@quiltdata)
options:
  snapshot:
    description: Path of the snapshot of this run.
    type: path
    required: true
extends_documentation_fragment:
  - quilt.mcp_server.reading
  - quilt.mcp_server.connection
"""

EXAMPLES = r"""
- name: Ensure the rule exists and verify that nothing of others changed
  vars:
    snapshot: "{{ playbook_dir }}/{{ inventory_hostname }}.snapshot"
  block:
    - name: Ensure the rule exists
      quilt.mcp_server.elb_listener_rule:
        name: mcp-server
        listener_arn: "{{ listener_arn }}"
        actions: "{{ actions }}"
        conditions: "{{ conditions }}"
        foreign_snapshot: "{{ snapshot }}"
  always:
    - name: Verify that nothing of others changed
      quilt.mcp_server.assert_foreign_unchanged:
        snapshot: "{{ snapshot }}"
"""

RETURN = r"""
compared:
  description: Whether there was a snapshot to compare with.
  returned: always
  type: bool
changes:
  description: A line for each resource of others that changed or is gone.
  returned: always
  type: list
  elements: str
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible_collections.quilt.mcp_server.plugins.module_utils._core.aws_module import AwsModule
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.clients import Clients
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.module import run_info
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.problem import Problem
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.refusal import Refused
from ansible_collections.quilt.mcp_server.plugins.module_utils._elb.foreign_changes import added_targets, changes
from ansible_collections.quilt.mcp_server.plugins.module_utils._elb.foreign_snapshot import own_targets, read
from ansible_collections.quilt.mcp_server.plugins.module_utils._elb.run_snapshot import load_snapshot


def compare(client: Clients, params: Mapping[str, Any]) -> dict[str, Any]:
    """What changed since the snapshot. Raises Refused when it may be this run's doing."""
    snapshot = load_snapshot(params["snapshot"])
    if snapshot is None:
        return {"compared": False, "changes": []}
    before, elb = snapshot["before"], client("elbv2")
    after = read(elb, snapshot["balancer"], snapshot["own_tags"])
    own = own_targets(elb, after["own"]) if added_targets(before, after) else ()
    Path(params["snapshot"]).unlink(missing_ok=True)
    found = changes(before, after, own)
    if found.of_others:
        raise Refused(
            "call this run a success",
            Problem(
                f"something that belongs to others changed while this ran: {'; '.join(found.of_others)}",
                "either this run did it, which is a fault of this collection, or somebody else did at the same time",
                "ask CloudTrail who did it; the next run compares with what is there now",
            ),
            changes=list(found.of_others),
            compared=True,
        )
    warnings = [f"another deployment changed meanwhile: {line}" for line in found.of_deployments]
    return {"compared": True, "changes": [], "warnings": warnings}


def main() -> None:
    """Compare with the snapshot of the run."""
    module = AwsModule(argument_spec={"snapshot": {"type": "path", "required": True}}, supports_check_mode=True)
    run_info(module, compare)


if __name__ == "__main__":
    main()
