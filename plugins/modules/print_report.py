#!/usr/bin/python
# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: print_report
version_added: 1.0.0
short_description: Print a report
description:
  - Prints a text unchanged, where M(ansible.builtin.debug) would quote and indent it.
  - Runs on the controller and changes nothing.
author:
  - Quilt Data (@quiltdata)
options:
  text:
    description: The text.
    type: str
    required: true
  warning:
    description: Whether it is a warning, which is printed once however many hosts give it.
    type: bool
    default: false
extends_documentation_fragment:
  - quilt.mcp_server.reading
"""

EXAMPLES = r"""
- name: Say where it is
  quilt.mcp_server.print_report:
    text: "The server answers at {{ mcp_server_url }}"
"""

RETURN = r"""
text:
  description: What was printed.
  returned: success
  type: str
"""
