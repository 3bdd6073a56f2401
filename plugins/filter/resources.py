# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Conversions of inventory values into the structures of AWS's APIs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.problem import refusal
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.text_values import text_problems

UNKNOWN = "known-after-apply"


def name_value(mapping: Mapping[str, Any], key: str = "value") -> list[dict[str, str]]:
    """Return a map as AWS's list of ``{name, <key>}``, sorted by name; an empty value means unset and is left out.

    Raises AnsibleFilterError for a value that is neither text nor a whole number.
    """
    problems = list(text_problems(mapping))
    if problems:
        raise AnsibleFilterError(refusal("Refused to make texts of these values", problems))
    return [{"name": name, key: str(value)} for name, value in sorted(mapping.items()) if value not in (None, "")]


def role_reference(reference: str) -> dict[str, str]:
    """Return ``role_name`` and ``path`` of a role by its name, its path and name, or its ARN.

    A name alone has no path; of an ARN without one it is ``/``.
    """
    is_arn = ":role/" in reference
    path, _slash, name = reference.rpartition(":role/")[2].strip("/").rpartition("/")
    return {"role_name": name, "path": f"/{path}/" if path else "/" if is_arn else ""}


def request_count_label(target_group_arn: str, load_balancer_arn: str) -> str:
    """Return what names a target group in ALBRequestCountPerTarget: the ends of the two ARNs.

    An ARN that check mode cannot know yet makes the label unknown too; without a load balancer there is none.
    """
    if UNKNOWN in (target_group_arn, load_balancer_arn):
        return UNKNOWN
    balancer = load_balancer_arn.partition(":loadbalancer/")[2]
    return f"{balancer}/{target_group_arn.rpartition(':')[2]}" if balancer else ""


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Any]:
        return {
            "name_value": name_value,
            "request_count_label": request_count_label,
            "role_reference": role_reference,
        }
