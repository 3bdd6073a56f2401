# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection.
"""The pages that rollback.yml, status.yml and drift.yml print. Pure: what was read in, text out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

Document = Mapping[str, Any]

SHOWN_RELEASES = 5
SHOWN_VALUE = 60  # characters of a value
NEVER = "never proven"


def status(found: Document) -> str:
    """What an operator wants to know, on one screen.

    found: name, url, running and releases (of release_info), scaling (of application_autoscaling_target_info).
    """
    running, releases = found["running"], found["releases"]
    lines = [found["name"], ""]
    if not running:
        return "\n".join([*lines, "  Nothing is deployed: there is no active service.", "", *_proven(0, releases)])
    rows = [
        ("Release", f"{running['release']}, {_when_proven(running)}"),
        ("Service", _service(running)),
        *([("Capacity", running["capacity"])] if "weight" in running.get("capacity", "") else []),
        ("Image", image(running["image"])),
        ("Route", _route(running["rule"])),
        ("Scaling", _scaling(found["scaling"])),
        *_secrets(running["secrets"]),
        ("URL", found["url"]),
    ]
    lines += [f"  {name:9} {value}" for name, value in rows]
    lines += ["", *_tasks(running), "", *_proven(running["release"], releases)]
    concerns = [f"  ! {concern}" for concern in _concerns(running, releases)]
    return "\n".join([*lines, *([""] if concerns else []), *concerns])


def rollback(choice: Document, name: str) -> str:
    """Where a rollback goes, and from where. choice: of release_target."""
    running, target = choice["running"], choice["rollback"]
    evidence: Document = next((one for one in choice["releases"] if one["release"] == target["release"]), {})
    rows = [
        (str(running["release"]), _when_proven(running), image(running["image"])),
        (str(target["release"]), f"proven {moment(evidence.get('time', ''))}", image(target["image"])),
    ]
    title = "is back already" if target["already"] else "goes back"
    table = [f"  {label:6} {row}" for label, row in zip(("from", "to"), aligned(rows), strict=True)]
    before, after = running.get("secrets") or {}, evidence.get("secrets") or {}
    others = [key for key, version in sorted(after.items()) if version and version != before.get(key)]
    secrets = [f"  with   {key} {after[key]}, now it is {before.get(key) or 'not pinned'}" for key in others]
    shown = table[1:] if target["already"] else table
    return "\n".join([f"{name} {title}", "", *shown, *secrets, f"  why    {target['reason']}"])


def drift(found: Document, name: str) -> str:
    """Drift and expected differences. found: the result of `judge`."""
    lines = [f"{name} {'has drifted' if found['drift'] else 'has not drifted'}"]
    if found["deployment"]:
        lines += ["", "  Deployment", f"    {found['deployment']}"]
    if found["fields"]:
        lines += ["", "  Not as the inventory says"]
    for one in found["fields"]:
        lines.append(f"    {one['what']}")
        rows = [
            (field["field"], f"has {value(field['has'])}", f"wants {value(field['wants'])}") for field in one["fields"]
        ]
        lines += [f"      {row}" for row in aligned(rows)] or ["      its module does not say which field"]
    if found["expected"]:
        lines += ["", "  Right as it is", *(f"    {one}" for one in found["expected"])]
    ways = ["  playbooks/site.yml deploys what the inventory says"] if found["drift"] else []
    ways += ["  playbooks/rollback.yml returns to what was proven last"] if found["deployment"] else []
    return "\n".join([*lines, *([""] if ways else []), *ways])


def aligned(rows: Iterable[Sequence[str]]) -> list[str]:
    """Rows of a table with columns of equal width, two spaces between them."""
    table = [list(map(str, row)) for row in rows]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in table]


def moment(time: str) -> str:
    """2026-11-22T14:20:00Z as 2026-11-22 14:20 UTC."""
    return f"{time[:10]} {time[11:16]} UTC" if time else "-"


def image(uri: str) -> str:
    """An image without its registry, its digest cut short."""
    name, at, digest = uri.rpartition("/")[2].partition("@")
    return f"{name}{at}{digest[:19]}"


def value(found: Any) -> str:
    """A value on one line."""
    text = " ".join(_words(found)) or "nothing"
    return text if len(text) <= SHOWN_VALUE else f"{text[: SHOWN_VALUE - 3]}..."


def _words(found: Any) -> Iterator[str]:
    """The scalars in a value, what is empty left out."""
    if isinstance(found, Mapping | list):
        for item in found.values() if isinstance(found, Mapping) else found:
            yield from _words(item)
    elif found not in (None, ""):
        yield str(found)


def _when_proven(running: Document) -> str:
    return f"proven {moment(running['proven'])}" if running["proven"] else NEVER


def _service(running: Document) -> str:
    pending = f", {running['pending_count']} pending" if running["pending_count"] else ""
    state = str(running["rollout_state"] or "unknown").lower().replace("_", " ")
    return (
        f"{running['running_count']} of {running['desired_count']} running{pending}, "
        f"deployment {state}, begun {moment(running['deployed_at'])}"
    )


def _route(rule: Document) -> str:
    if not rule:
        return "no listener rule leads here"
    conditions = [_condition(one) for one in rule["conditions"]]
    weights = rule["weights"]
    moved = f", weights {' / '.join(str(weight) for weight in weights.values())}" if len(weights) > 1 else ""
    return f"{' '.join(conditions)} at priority {rule['priority']}{moved}"


def _condition(condition: Document) -> str:
    """What a condition asks for; values of headers and query strings are fingerprints already."""
    values = condition.get("values") or condition.get("regex_values") or []
    texts = [f"{one['key'] or ''}={one['value']}" if isinstance(one, dict) else str(one) for one in values]
    return f"{condition.get('http_header_name', '')} {', '.join(texts)}".strip()


def _scaling(targets: Sequence[Document] | None) -> str:
    if targets is None:
        return "unknown, it may not be read"
    if not targets:
        return "off"
    target = targets[0]
    policies = [one["policy_name"].rpartition("-")[2] for one in target.get("policies", [])]
    actions = len(target.get("scheduled_actions", []))
    parts = [f"{target['min_capacity']} to {target['max_capacity']} tasks"]
    parts += [f"by {' and '.join(policies)}"] if policies else []
    parts += [f"{actions} scheduled"] if actions else []
    parts += ["suspended"] if any((target.get("suspended_state") or {}).values()) else []
    return ", ".join(parts)


def _secrets(versions: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for number, (name, version) in enumerate(sorted(versions.items())):
        yield ("" if number else "Secrets"), f"{name} {version or 'not pinned'}"


def _tasks(running: Document) -> list[str]:
    states = {target["address"].partition(":")[0]: target["state"] for target in running["targets"]}
    rows = [("Task", "release", "status", "health", "target", "address", "zone", "since")]
    for task in running["tasks"]:
        state = states.pop(task["address"], "-")
        health, since = task["health"].lower() or "-", moment(task["started_at"])
        address, zone = task["address"] or "-", task["zone"] or "-"
        rows.append((task["id"][:8], task["release"], task["status"].lower(), health, state, address, zone, since))
    rows += [("-", "-", "-", "-", state, address, "-", "-") for address, state in sorted(states.items())]
    return [f"  {row}" for row in aligned(rows)]


def _proven(runs: int, releases: Sequence[Document]) -> list[str]:
    if not releases:
        return ["  No release was proven yet."]
    rows = [("Proven", "release", "image", "checks", "by")]
    for one in releases[:SHOWN_RELEASES]:
        mark = " <- runs" if one["release"] == runs else ""
        good = sum(bool(check["ok"]) for check in one["checks"])
        by = str(one.get("actor") or "-").rpartition(":")[2]
        rows.append(
            (moment(one["time"]), f"{one['release']}{mark}", image(one["image"]), f"{good} of {len(one['checks'])}", by)
        )
    more = len(releases) - SHOWN_RELEASES
    return [f"  {row}" for row in aligned(rows)] + ([f"  and {more} more"] if more > 0 else [])


def _concerns(running: Document, releases: Sequence[Document]) -> Iterator[str]:
    """The problems for the operator's attention."""
    if not running["is_own"]:
        by = f" by {running['registered_by']}" if running.get("registered_by") else ""
        yield f"release {running['release']} was deployed by somebody else{by}"
    elif not running["proven"]:
        yield f"release {running['release']} was never proven: playbooks/verify.yml proves it"
    elif releases and releases[0]["release"] != running["release"]:
        yield f"release {releases[0]['release']} was proven last, and does not run: playbooks/drift.yml shows why"
    if running["rollout_state"] not in ("COMPLETED", ""):
        yield "a deployment is under way, or failed"
    if running["running_count"] < running["desired_count"]:
        yield f"{running['desired_count'] - running['running_count']} task(s) are missing"
    if not running["rule"]:
        yield "no listener rule leads to the service"
    for target in running["targets"]:
        if target["state"] in ("unhealthy", "unavailable"):
            yield f"target {target['address']} is {target['state']}: {target['reason']}"
