# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """The attributes of modules that change nothing."""

    DOCUMENTATION = r"""
attributes:
  check_mode:
    description: Changes nothing, so check mode is the same.
    support: full
  diff_mode:
    description: Changes nothing, so there is no difference to show.
    support: none
"""
