# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """The options that every writing module of this collection has (module_utils/_core)."""

    DOCUMENTATION = r"""
options:
  state:
    description:
      - Whether the resource is to exist.
    type: str
    choices: [present, absent]
    default: present
  tags:
    description:
      - Tags to set on the resource.
      - Tags that are not named here stay as they are, unless O(purge_tags=true).
      - When unset, the tags are left alone.
    type: dict
    aliases: [resource_tags]
  purge_tags:
    description:
      - Whether to remove the tags that O(tags) does not name.
      - Tags that begin with V(aws:) always stay.
    type: bool
    default: false
  require_tags:
    description:
      - Tags that identify the owner of the resource.
      - They are set when the resource is created.
        An existing resource without them belongs to another owner; the module then fails and changes nothing.
    type: dict
    default: {}
  leave_foreign:
    description:
      - Whether O(state=absent) leaves a resource without O(require_tags) as it is, instead of failing.
    type: bool
    default: false
attributes:
  check_mode:
    description:
      - Makes no call that writes and returns the resource as it would be.
        What cannot be predicted is the literal V(known-after-apply).
    support: full
  diff_mode:
    description: Always returns C(diff) with C(before) and C(after) as plain dictionaries.
    support: full
"""
