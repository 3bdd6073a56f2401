# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Small reshapings between what people write and what AWS takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

UNKNOWN = "known-after-apply"
OWNER_TAG = "quilt:deployment"


def foreign(resources: list[dict[str, Any]], owner: str) -> list[dict[str, Any]]:
    """Return the resources whose ``quilt:deployment`` tag is not ``owner``, so that they are somebody else's."""
    return [resource for resource in resources if (resource.get("tags") or {}).get(OWNER_TAG) != owner]


def name_value(mapping: Mapping[str, Any], key: str = "value") -> list[dict[str, str]]:
    """Return a map as AWS's list of ``{name, <key>}``, sorted by name; an empty value means unset and is left out."""
    return [{"name": name, key: str(value)} for name, value in sorted(mapping.items()) if value not in (None, "")]


def request_count_label(target_group_arn: str, load_balancer_arn: str) -> str:
    """Return what names a target group in ALBRequestCountPerTarget: the ends of the two ARNs.

    An ARN that check mode cannot know yet makes the label unknown too; without a load balancer there is none.
    """
    if UNKNOWN in (target_group_arn, load_balancer_arn):
        return UNKNOWN
    balancer = load_balancer_arn.partition(":loadbalancer/")[2]
    return f"{balancer}/{target_group_arn.rpartition(':')[2]}" if balancer else ""


def neighbour_differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return a line for each resource of others that changed or is gone, from two results of ``neighbours_info``.

    One that is new is somebody else's work and no difference: whatever we create carries our tag from its first moment.
    """
    lines = []
    for name, fields in before["neighbours"].items():
        now = after["neighbours"].get(name)
        if now is None:
            if name.rpartition(" ")[2] not in after["own"]:
                lines.append(f"{name} is gone")
            continue
        different = sorted(field for field in {*fields, *now} if fields.get(field) != now.get(field))
        if different:
            lines.append(f"{name} has another {', '.join(different)}")
    return lines


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Any]:
        return {
            "foreign": foreign,
            "name_value": name_value,
            "neighbour_differences": neighbour_differences,
            "request_count_label": request_count_label,
        }
