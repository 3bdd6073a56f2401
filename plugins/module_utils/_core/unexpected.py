# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""An error that no code expected, as a failure that says what to report. Pure."""

from __future__ import annotations

import platform
import traceback
from pathlib import Path

from .problem import Problem

# What reading an answer raises when a member is missing, or is not what it was taken for.
UNEXPECTED = (AttributeError, LookupError, TypeError, ValueError)
ISSUES = "https://github.com/quiltdata/quilt.mcp_server/issues"


def unexpected_problem(error: Exception, module: str, last_call: str, versions: str) -> Problem:
    """What to report.

    Args:
        error: with its traceback.
        module: the name of the module.
        last_call: service and operation of the call before, where one was made.
        versions: of the programs that took part, besides Python.
    """
    frames = traceback.extract_tb(error.__traceback__)
    where = f" in {Path(frames[-1].filename).name} line {frames[-1].lineno}" if frames else ""
    after = f", after {last_call}" if last_call else ", before any answer of AWS"
    return Problem(
        f"{type(error).__name__}: {error}{where}{after}",
        "an answer lacked what the module needs, or the module has a fault",
        f"run again with -vvv, which shows where, and report it at {ISSUES} with this message and the versions: "
        f"{module}, {versions}, Python {platform.python_version()}",
    )
