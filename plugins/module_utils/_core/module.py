# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""How a module of this collection ends, and the runner of those that only read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError

from .clients import Clients
from .shapes import Document

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
            module.fail_json_aws(error.exception, msg=error.message, **more)
        module.fail_json(msg=error.message, **more)
    else:
        module.exit_json(**_warned(module, result))


def run_info(module: Any, function: Callable[[Clients, Mapping[str, Any]], Document]) -> None:
    """End a read-only module with what the function reads, from the clients and the module's parameters."""
    exit_with(module, lambda: {"changed": False, **function(Clients(module), module.params)})


def _warned(module: Any, result: Mapping[str, Any]) -> Document:
    """The result without its warnings, which are given to the module."""
    for warning in result.get(WARNINGS, ()):
        module.warn(warning)
    return {name: value for name, value in result.items() if name != WARNINGS}
