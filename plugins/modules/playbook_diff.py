#!/usr/bin/python
# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: playbook_diff
version_added: 1.0.0
short_description: Show what a playbook of this collection would change
description:
  - Runs the playbook with C(--check --diff) for this host in a separate process, with the inventory, the extra
    variables and the vault passwords files of this run, and returns every change.
  - Writes nothing, whether this run is in check mode or not.
  - A vault password from a prompt is not passed to that process; give it as a file.
author:
  - Quilt Data (@quiltdata)
options:
  playbook:
    description: The file name of a playbook of this collection, such as V(deploy.yml).
    type: str
    required: true
  extra_vars:
    description: Variables that take precedence over those of the inventory.
    type: dict
    default: {}
extends_documentation_fragment:
  - quilt.mcp_server.reading
"""

EXAMPLES = r"""
- name: Ask what a deployment would change
  quilt.mcp_server.playbook_diff:
    playbook: deploy.yml
  register: asked
"""

RETURN = r"""
differences:
  description: The tasks that would change something.
  returned: always
  type: list
  elements: dict
  contains:
    task: {description: The name of the task., type: str, returned: always}
    module: {description: Its module., type: str, returned: always}
    item: {description: The item of its loop; empty without a loop., type: str, returned: always}
    diff: {description: What it would change; empty when the module does not say., type: raw, returned: always}
warnings_given:
  description: The warnings of the run.
  returned: always
  type: list
  elements: str
"""
