# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """The option of resources with fields that AWS cannot change (module_utils/_core)."""

    DOCUMENTATION = r"""
options:
  replace:
    description:
      - What to do when a field differs that AWS cannot change.
      - By default the module fails, names such fields and changes nothing.
      - When V(true), the resource is deleted and created again from these parameters alone.
        Its content is lost, and an option that is not given gets the default of AWS; tags stay. The module warns.
    type: bool
    default: false
"""
