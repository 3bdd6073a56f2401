# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run AWS modules without a new Python for each task: see plugins/plugin_utils/direct.py.

ansible-core gives every module without an action plugin to `ansible.legacy.normal`, which a file of this name next to a
playbook overrides.
"""

from __future__ import annotations

from ansible_collections.quilt.mcp_server.plugins.plugin_utils.direct import ActionModule

__all__ = ["ActionModule"]
