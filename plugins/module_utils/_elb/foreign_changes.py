# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""What changed of the resources of others between two snapshots of a load balancer. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

DEPLOYMENT_TAG = "quilt:deployment"


@dataclass(frozen=True)
class Changes:
    """A line for each resource that changed or is gone.

    of_others: this run must not have caused it; of_deployments: resources of another deployment of this collection,
    whose own run may be going on at the same time.
    """

    of_others: tuple[str, ...] = ()
    of_deployments: tuple[str, ...] = ()


def added_targets(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, set[str]]:
    """The targets that groups of others have got, by the group's ARN."""
    added = {arn: set(has) - set(before["targets"].get(arn, [])) for arn, has in after["targets"].items()}
    return {arn: targets for arn, targets in added.items() if targets}


def changes(before: Mapping[str, Any], after: Mapping[str, Any], own_targets: Collection[str] = ()) -> Changes:
    """Compare two snapshots.

    A resource that is new is no change: whatever this deployment creates carries its tags from the first moment. Others
    scale and deploy meanwhile: their targets may come and go, a blue/green deployment moves the weights of its two
    target groups, and the first one adds the second group. Only a target of this deployment in a group of others is a
    change.

    Args:
        before: the first look.
        after: the second look.
        own_targets: the addresses of this deployment's tasks; only needed when a group of others has got targets.
    """
    found: dict[bool, list[str]] = {False: [], True: []}
    for name, fields in before["resources"].items():
        line = _line(name, fields, before, after, own_targets)
        if line:
            found[_owner(name, before).startswith(f"{DEPLOYMENT_TAG}=")].append(line)
    return Changes(tuple(found[False]), tuple(found[True]))


def _line(
    name: str,
    fields: Mapping[str, str],
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    own_targets: Collection[str],
) -> str:
    arn, owner = _arn(name), _owner(name, before)
    label = f"{name} ({owner})" if owner else name
    now = after["resources"].get(name)
    if now is None:
        return "" if arn in after["own"] else f"{label} is gone"
    different = sorted(field for field in {*fields, *now} if fields.get(field) != now.get(field))
    found = [_change(field, fields.get(field), now.get(field)) for field in different]
    groups = [snapshot.get("forwards", {}).get(arn, {}) for snapshot in (before, after)]
    found += (
        [] if _of_a_deployment(*groups) else [_change("target groups", *(", ".join(sorted(one)) for one in groups))]
    )
    own = sorted(added_targets(before, after).get(arn, set()) & set(own_targets))
    found += [f"target: one of this deployment ({', '.join(own)})"] if own else []
    return f"{label} has another {', '.join(found)}" if found else ""


def _arn(name: str) -> str:
    return name.rpartition(" ")[2]


def _owner(name: str, snapshot: Mapping[str, Any]) -> str:
    """Whose a resource is, as its tags say it; empty when they do not."""
    return str(snapshot["owners"].get(_arn(name), ""))


def _of_a_deployment(before: Mapping[str, int], after: Mapping[str, int]) -> bool:
    """Whether other weights of the same target groups are all that changed, or a second group with a single one."""
    return set(before) == set(after) or (len(before) == 1 and len(after) == 2 and set(before) < set(after))


def _change(field: str, before: str | None, after: str | None) -> str:
    """A field with both values."""
    return f"{field} ({after or 'none'}, was {before or 'none'})"
