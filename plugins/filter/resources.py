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

    It names the resource, whose it is, and what changed. One that is new is somebody else's work and no difference:
    whatever we create carries our tag from its first moment. Others scale and deploy while we do, so their targets may
    come and go; what may not happen is that a group of theirs gets a target of ours, or loses all that it has.
    """
    lines = []
    for name, fields in before["neighbours"].items():
        arn = name.rpartition(" ")[2]
        owner = before.get("owners", {}).get(arn, "")
        label = f"{name} ({owner})" if owner else name
        now = after["neighbours"].get(name)
        if now is None:
            if arn not in after["own"]:
                lines.append(f"{label} is gone")
            continue
        different = sorted(field for field in {*fields, *now} if fields.get(field) != now.get(field))
        changes = [_change(field, fields.get(field), now.get(field)) for field in different]
        changes += _target_changes(arn, before, after)
        if changes:
            lines.append(f"{label} has another {', '.join(changes)}")
    return lines


def _change(field: str, before: str | None, after: str | None) -> str:
    """A field with both values, where they are short enough to have been kept."""
    if any((value or "").startswith("sha256:") for value in (before, after)):
        return field
    return f"{field} ({after or 'none'}, was {before or 'none'})"


def _target_changes(arn: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """What happened to the targets of a group of others that cannot be their own scaling."""
    had, has = (set(look.get("targets", {}).get(arn, [])) for look in (before, after))
    ours = {target for group in after["own"] for target in after.get("targets", {}).get(group, [])}
    if intruders := sorted((has - had) & ours):
        return [f"target: ours ({', '.join(intruders)})"]
    return ["set of targets: none is left"] if had and not has else []


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Any]:
        return {
            "foreign": foreign,
            "name_value": name_value,
            "neighbour_differences": neighbour_differences,
            "request_count_label": request_count_label,
        }
