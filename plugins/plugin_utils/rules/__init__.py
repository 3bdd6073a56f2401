# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection.
"""What is wrong between values of an inventory that are right by themselves: one file for each subject, pure.

Each has `problems(values)`, which yields sentences that begin with the variable. `values` has the known variables that
are set and resolve, and the defaults of the roles; a value may still have a wrong type, which is said elsewhere.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module
from typing import Any

_files: list[Any] = [import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)]
RULES = tuple(file for file in _files if hasattr(file, "problems"))
