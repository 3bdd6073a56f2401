# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection.
"""Import the Python of collections as Python imports its own: compiled once, and cached in __pycache__.

ansible-core's importer of collections compiles every file again in every run.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import SOURCE_SUFFIXES, FileFinder, ModuleSpec, SourceFileLoader
from types import ModuleType

PREFIXES = tuple(
    f"ansible_collections.{collection}.plugins.{kind}."
    for collection in ("amazon.aws", "quilt.mcp_server")
    for kind in ("module_utils", "modules")
)


class BytecodeFinder(MetaPathFinder):
    """Finds modules and their utilities in the folders where ansible-core's importer has found their packages."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """None for what has no file of its own, which is left to ansible-core's importer."""
        if not fullname.startswith(PREFIXES):
            return None
        found = (FileFinder(folder, (SourceFileLoader, SOURCE_SUFFIXES)).find_spec(fullname) for folder in path or ())
        return next((spec for spec in found if spec and spec.loader), None)


def use_bytecode() -> None:
    """From now on, in this process and its forks."""
    sys.meta_path.insert(0, BytecodeFinder())
