# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection.
"""What drift is, and what only looks like it. Pure: what a dry run would change and what runs in, a judgment out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Document = Mapping[str, Any]

TASK_DEFINITION = "quilt.mcp_server.ecs_task_definition"
SERVICE = "quilt.mcp_server.ecs_service"
IMAGE_IN_USE = "quilt.mcp_server.ecr_image_protection"
COLLECTION = "quilt.mcp_server."
ABSENT = "nothing"


def judge(differences: Sequence[Document], running: Document, releases: Sequence[Document], scaled: bool) -> Document:
    """Show drift apart.

    differences: of a dry run of deploy.yml with the image of the last proven release; running, releases: of
    release_info; scaled: whether Application Auto Scaling decides the number of tasks.

    The answer: `deployment` says how what runs is not what was proven last, `fields` which fields differ from the
    inventory, `expected` what differs and is right so; `drift` whether there is any of the first two.
    """
    last = releases[0]["release"] if releases else None
    deployment = _deployment(running, releases)
    is_back = bool(running) and running["release"] == last and last < (running.get("latest_revision") or last)
    explained = _explained(bool(deployment or is_back))
    found = []
    for one in differences:
        paths = _paths(one)
        left = [path for path in paths if (one["module"], path[0]) not in explained]
        if one["module"] not in explained and (left or not paths):
            fields = [{"field": path, "has": has, "wants": wants} for path, has, wants in left]
            found.append({"what": f"{one['task']} {one['item']}".strip(), "fields": fields})
    expected = list(_expected(running, scaled, is_back))
    return {"drift": bool(deployment or found), "deployment": deployment, "fields": found, "expected": expected}


def _deployment(running: Document, releases: Sequence[Document]) -> str:
    """How what runs is not the last proven release; empty when it is."""
    if not running:
        return "Nothing is deployed: there is no active service."
    runs = running["task_definition_arn"].rpartition("/")[2]
    last = f"The last proven release is {releases[0]['release']}." if releases else "No release was ever proven."
    if not running["is_own"]:
        by = f" {running['registered_by']} registered it." if running.get("registered_by") else ""
        return f"Somebody else deployed {runs}, which is no release of this deployment.{by} {last}"
    if not running["proven"]:
        return f"{runs} runs and was never proven: its smoke test failed or was not made. {last}"
    if running["release"] != releases[0]["release"]:
        return f"Somebody else returned to {runs}. {last}"
    return ""


def _expected(running: Document, scaled: bool, is_back: bool) -> Iterator[str]:
    if is_back:
        yield (
            f"Rolled back to {running['release']}: {running['latest_revision']} is the latest revision, so the task "
            "definition is not compared until the next deployment."
        )
    if scaled and running:
        yield f"Application Auto Scaling decides the number of tasks: {running['desired_count']} now."
    weights = (running.get("rule") or {}).get("weights") or {}
    if len(weights) > 1:
        shown = ", ".join(f"{arn.split('/')[-2]} {weight}" for arn, weight in sorted(weights.items()))
        yield f"ECS moves the weights of the rule: {shown}."


def _explained(moved: bool) -> set[Any]:
    """The modules, or a module and its field, that differ because another release runs than the latest revision."""
    return {TASK_DEFINITION, IMAGE_IN_USE, (SERVICE, "task_definition")} if moved else set()


def _paths(one: Document) -> list[tuple[str, Any, Any]]:
    """The fields that differ, each with what AWS has and what the inventory wants. A diff is one, or a list of them."""
    found: list[tuple[str, Any, Any]] = []
    for diff in one["diff"] if isinstance(one["diff"], list) else [one["diff"]]:
        if isinstance(diff, Mapping) and ("before" in diff or "after" in diff):
            found += _leaves("", diff.get("before"), diff.get("after"))
    if str(one["module"]).startswith(COLLECTION):
        return found
    # The stock modules leave out of what will be what they do not predict.
    return [path for path in found if path[2] != ABSENT] or found


def _leaves(path: str, has: Any, wants: Any) -> Iterator[tuple[str, Any, Any]]:
    if _alike(has, wants):
        return
    if isinstance(has, list) and isinstance(wants, list) and _parts(has) is None:
        yield path, _without(has, wants), _without(wants, has)
        return
    has_parts, wants_parts = _parts(has), _parts(wants)
    if has_parts is None or wants_parts is None or not (has_parts or wants_parts):
        yield path, has, wants
        return
    for name in [*has_parts, *(name for name in wants_parts if name not in has_parts)]:
        inner = f"{path}.{name}" if path else name
        yield from _leaves(inner, has_parts.get(name, ABSENT), wants_parts.get(name, ABSENT))


def _parts(value: Any) -> dict[str, Any] | None:
    """The members of a map, or the items of a list whose items have names; None for anything else."""
    if value in (None, ABSENT):
        return {}
    if isinstance(value, Mapping):
        return {str(name): item for name, item in value.items()}
    named = isinstance(value, list) and value and all(isinstance(item, Mapping) and "name" in item for item in value)
    return {str(item["name"]): item for item in value} if named else None


def _without(items: Sequence[Any], others: Sequence[Any]) -> list[Any]:
    """The items that none of the others is like."""
    return [item for item in items if not any(_alike(item, other) for other in others)]


def _alike(one: Any, other: Any) -> bool:
    """Whether two values mean the same: 443 and "443" do."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(_alike(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(_alike(a, b) for a, b in zip(one, other, strict=True))
    return one == other or (str(one) == str(other) and isinstance(one, int | str) and isinstance(other, int | str))
