# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fail a run without hosts: ansible-core skips its plays, and ends as if everything had been done."""

from __future__ import annotations

DOCUMENTATION = r"""
name: require_hosts
type: aggregate
version_added: 1.0.0
short_description: Fail a play that matches no host
description:
  - Every playbook in the parent directory loads it.
author:
  - Quilt Data (@quiltdata)
"""

import stat
import sys
from pathlib import Path

from ansible import constants as C
from ansible.plugins.callback import CallbackBase

SETTINGS = Path(__file__).resolve().parents[2] / "ansible.cfg"


class CallbackModule(CallbackBase):
    """See DOCUMENTATION."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "require_hosts"

    def v2_playbook_on_no_hosts_matched(self) -> None:
        """Print what is missing and end the run with status 1."""
        self._display.error(complaint(C.CONFIG_FILE, Path.cwd(), SETTINGS))
        # ansible-core makes a warning of every other exception of a callback, and goes on.
        sys.exit(1)


def complaint(read: str | None, folder: Path, settings: Path) -> str:
    """Why a play has no hosts, in one sentence.

    Args:
        read: the configuration file that ansible-core has read.
        folder: the current folder, in which ansible-core looks for one unless everybody may write there.
        settings: the clone's own; an installed collection has none.
    """
    start = "No host of the group mcp_servers was given"
    if (read is not None and Path(read).resolve() == settings) or not settings.exists():
        return f"{start}: choose an inventory that has the group with -i, or correct the one that was read."
    found = f"{read} was read in place of" if read else "ansible-core did not read"
    open_to_all = folder == settings.parent and folder.stat().st_mode & stat.S_IWOTH
    why = ", which it ignores in a folder that everybody may write to" if open_to_all and not read else ""
    return f"{start}: {found} {settings}{why}; set ANSIBLE_CONFIG={settings}, or choose an inventory with -i."
