#!/usr/bin/python
# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: check_inputs
version_added: 1.0.0
short_description: Refuse an invalid inventory before the first AWS call
description:
  - Checks every C(mcp_server_*) variable and every role input that the inventory sets.
  - Wrong, missing and misspelled values are all refused in one message that names the accepted form.
  - Values that result from the roles' defaults are checked too, such as a name that gets too long.
  - A name that begins with C(mcp_server_) must exist; a name that begins with a role's prefix is refused when it is
    close to an existing one, so that variables of unrelated roles are left alone. A variable that is given with
    C(--extra-vars) is also refused when it is an existing name without its prefix.
  - An input of a role that the playbooks pass is refused, with the variable to set instead.
  - Runs on the controller and changes nothing.
author:
  - Quilt Data (@quiltdata)
extends_documentation_fragment:
  - quilt.mcp_server.reading
"""

EXAMPLES = r"""
- name: Check the inventory
  quilt.mcp_server.check_inputs:
"""

RETURN = r"""
checked:
  description: How many variables were checked.
  returned: success
  type: int
snapshot_file:
  description:
    - Path of a file for the modules of this run, as their option C(foreign_snapshot). It does not exist yet.
  returned: success
  type: str
"""
