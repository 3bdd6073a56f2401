# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""How a module of this collection ends, and the runner of those that only read."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.botocore import gather_sdk_versions
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError

from .clients import Clients, last_call
from .credentials import known_problem
from .problem import refusal
from .shapes import Document
from .unexpected import UNEXPECTED, unexpected_problem

WARNINGS = "warnings"  # of a result or of an error: they become warnings of the module


def exit_with(module: Any, function: Callable[[], Document]) -> None:
    """End the module with what the function returns, or with the AnsibleAWSError that it raises.

    Further arguments of an error (`Refused(what, problem, changes=...)`) are in the result too.
    """
    try:
        result = function()
    except AnsibleAWSError as error:
        more = _warned(module, error.kwargs)
        if error.exception:
            module.fail_json_aws(_with_remedy(error.exception), msg=error.message, **more)
        module.fail_json(msg=error.message, **more)
    except UNEXPECTED as error:
        name = str(getattr(module, "_name", "this module"))
        versions = ", ".join(f"{key.removesuffix('_version')} {value}" for key, value in gather_sdk_versions().items())
        problem = unexpected_problem(
            error, name, last_call(module), f"ansible-core {_ansible_version(module)}, {versions}"
        )
        module.fail_json(msg=refusal(f"Failed to run {name}", [problem]), exception=traceback.format_exc())
    else:
        module.exit_json(**_warned(module, result))


def run_info(module: Any, function: Callable[[Clients, Mapping[str, Any]], Document]) -> None:
    """End a read-only module with what the function reads, from the clients and the module's parameters."""
    exit_with(module, lambda: {"changed": False, **function(Clients(module), module.params)})


def _ansible_version(module: Any) -> str:
    return str(getattr(module, "ansible_version", "of an unknown version"))


class _Remedied(Exception):
    """An error of AWS with its remedy, as fail_json_aws takes it."""

    def __init__(self, error: Exception, remedy: str) -> None:
        self.message = f"{error}\nRemedy: {remedy}"
        self.response = getattr(error, "response", None)


def _with_remedy(error: Exception) -> Exception:
    """The error; with a line for the remedy where credentials, clock, permissions or network are at fault."""
    problem = known_problem(error)
    return _Remedied(error, problem.remedy) if problem else error


def _warned(module: Any, result: Mapping[str, Any]) -> Document:
    """The result without its warnings, which are given to the module."""
    for warning in result.get(WARNINGS, ()):
        module.warn(warning)
    return {name: value for name, value in result.items() if name != WARNINGS}
