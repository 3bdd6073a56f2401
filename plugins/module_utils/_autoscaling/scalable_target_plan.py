# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""What Application Auto Scaling makes of capacities, policies and scheduled actions. Pure."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence
from typing import Any

from .._core.compare import contains_unknown
from .._core.problem import Problem
from .._core.refusal import InvalidParameters
from .._core.shapes import Document
from .schedule import name_problems, schedule_problems, time_zone_problems

# policy_type: the parameter that configures it.
CONFIGURATIONS = {
    "TargetTrackingScaling": "target_tracking_scaling_policy_configuration",
    "StepScaling": "step_scaling_policy_configuration",
    "PredictiveScaling": "predictive_scaling_policy_configuration",
}
POLICY_FIELDS = ("policy_name", "policy_type", *CONFIGURATIONS.values())
ACTION_FIELDS = (
    "scheduled_action_name",
    "schedule",
    "timezone",
    "start_time",
    "end_time",
    "scalable_target_action",
)
# What the service fills in for ECS; the API reference gives 300 seconds for both kinds of cooldown.
_TRACKING = f"policies.{CONFIGURATIONS['TargetTrackingScaling']}"
_STEP = f"policies.{CONFIGURATIONS['StepScaling']}"
_PREDICTIVE = f"policies.{CONFIGURATIONS['PredictiveScaling']}"
# Where a policy has metrics of its own making, as lists of queries.
_QUERIES = (
    f"{_TRACKING}.customized_metric_specification.metrics",
    *(
        f"{_PREDICTIVE}.metric_specifications.customized_{what}_metric_specification.metric_data_queries"
        for what in ("scaling", "load", "capacity")
    ),
)
_SUSPENDED = ("dynamic_scaling_in_suspended", "dynamic_scaling_out_suspended", "scheduled_scaling_suspended")
DEFAULTS = {
    "suspended_state": dict.fromkeys(_SUSPENDED, False),
    **{f"suspended_state.{name}": False for name in _SUSPENDED},
    f"{_TRACKING}.disable_scale_in": False,
    f"{_TRACKING}.scale_in_cooldown": 300,
    f"{_TRACKING}.scale_out_cooldown": 300,
    f"{_STEP}.cooldown": 300,
    f"{_STEP}.metric_aggregation_type": "Average",
    f"{_PREDICTIVE}.mode": "ForecastOnly",
    f"{_PREDICTIVE}.scheduling_buffer_time": 300,
    f"{_PREDICTIVE}.max_capacity_breach_behavior": "HonorMaxCapacity",
    **{f"{queries}.return_data": True for queries in _QUERIES},
    "scheduled_actions.timezone": "UTC",
}
UNORDERED = (
    f"{_TRACKING}.customized_metric_specification.dimensions",
    f"{_STEP}.step_adjustments",
    *(f"{queries}.metric_stat.metric.dimensions" for queries in _QUERIES),
)

_RESOURCE_ID = re.compile(r"service/[^/]+/[^/]+")
_RESOURCE_LABEL = re.compile(r"app/[^/]+/[^/]+/targetgroup/[^/]+/[^/]+")


def check_resource_id(resource_id: str) -> None:
    """Raise InvalidParameters unless it names an ECS service."""
    if not _RESOURCE_ID.fullmatch(resource_id):
        raise InvalidParameters(
            Problem(
                f"resource_id is {resource_id!r}",
                "it must name an ECS service",
                "write it as service/<cluster>/<service>",
            )
        )


def check_capacities(
    where: str, minimum: int | None, maximum: int | None, remedy: str = "lower the one, or raise the other"
) -> None:
    """Raise InvalidParameters for a minimum above the maximum; None is not known. `where` begins what was found."""
    for name, value in (("min_capacity", minimum), ("max_capacity", maximum)):
        if value is not None and value < 0:
            negative = Problem(f"{name} is {value}", "it is a number of tasks", f"set {name} to 0 or more")
            raise InvalidParameters(negative.at(where) if where else negative)
    if minimum is not None and maximum is not None and minimum > maximum:
        crossed = Problem(
            f"min_capacity {minimum} is above max_capacity {maximum}",
            "no number of tasks is within both",
            remedy,
        )
        raise InvalidParameters(crossed.at(where) if where else crossed)


def check_unique(what: str, names: Sequence[str]) -> None:
    """Raise InvalidParameters when a name is given twice."""
    twice = sorted({name for name in names if list(names).count(name) > 1})
    if twice:
        given = f"{what}: {', '.join(twice)} given more than once"
        raise InvalidParameters(Problem(given, "a name stands for one of them", "keep one, or rename the others"))


def typed_policy(policy: Mapping[str, Any]) -> Document:
    """A policy with the type that its configuration shows. Raises InvalidParameters when they do not fit."""
    name = policy["policy_name"]
    given = [kind for kind, parameter in CONFIGURATIONS.items() if policy.get(parameter)]
    if len(given) != 1 or policy.get("policy_type", given[0]) != given[0]:
        kind = policy.get("policy_type")
        raise InvalidParameters(
            Problem(
                f"policy {name} has the configurations {', '.join(CONFIGURATIONS[one] for one in given) or 'none'}"
                + (f" and policy_type {kind}" if kind else ""),
                "a policy has exactly one configuration, that of its policy_type",
                f"give it one of {', '.join(CONFIGURATIONS.values())}",
            )
        )
    _check_metric(name, policy.get(CONFIGURATIONS["TargetTrackingScaling"]) or {})
    return {**policy, "policy_type": given[0]}


def _check_metric(name: str, tracking: Mapping[str, Any]) -> None:
    metric = tracking.get("predefined_metric_specification") or {}
    if metric.get("predefined_metric_type") != "ALBRequestCountPerTarget":
        return
    label = metric.get("resource_label") or ""
    if not contains_unknown(label) and not _RESOURCE_LABEL.fullmatch(label):
        raise InvalidParameters(
            Problem(
                f"policy {name}: resource_label is {label!r}",
                "ALBRequestCountPerTarget needs one that names the load balancer and the target group",
                "write it as app/<load balancer>/<id>/targetgroup/<target group>/<id>, the ends of the two ARNs",
            )
        )


def checked_action(action: Mapping[str, Any]) -> Document:
    """A scheduled action with its times in UTC. Raises InvalidParameters when it cannot do anything."""
    name = f"scheduled action {action['scheduled_action_name']}"
    limits = action.get("scalable_target_action") or {}
    if not limits:
        raise InvalidParameters(
            Problem(
                f"{name}: scalable_target_action is empty",
                "the action would change nothing",
                "give min_capacity, max_capacity or both",
            )
        )
    check_capacities(name, limits.get("min_capacity"), limits.get("max_capacity"))
    schedule = action.get("schedule")
    zone = action.get("timezone")
    forms = [
        *name_problems(str(action["scheduled_action_name"])),
        *(schedule_problems(schedule) if schedule else ()),
        *(time_zone_problems(zone) if zone else ()),
    ]
    if forms:
        raise InvalidParameters(*(problem.at(name) for problem in forms))
    try:
        return in_utc(action)
    except ValueError as error:
        times = ", ".join(str(action[key]) for key in ("start_time", "end_time") if action.get(key))
        raise InvalidParameters(
            Problem(f"{name}: {times}", "a time must be ISO 8601", "write it as 2026-12-24T18:00:00Z")
        ) from error


def in_utc(action: Mapping[str, Any]) -> Document:
    """An action with one spelling of its times: AWS returns them in the caller's time zone."""
    times = {name: _utc(action[name]) for name in ("start_time", "end_time") if action.get(name)}
    return {**action, **times}


def _utc(text: Any) -> str:
    moment = text if isinstance(text, datetime.datetime) else datetime.datetime.fromisoformat(str(text))
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.UTC)
    return moment.astimezone(datetime.UTC).isoformat()


def merged(
    current: Sequence[Document], wanted: Sequence[Document] | None, identifier: str, purge: bool
) -> list[Document]:
    """What will be there, by name: each wanted one is a whole document, others stay unless they are purged."""
    kept = {} if purge and wanted is not None else {item[identifier]: item for item in current}
    kept |= {item[identifier]: item for item in wanted or ()}
    return [kept[name] for name in sorted(kept)]


def limits_set_by(current: Mapping[str, Any], actions: Sequence[Document]) -> dict[str, str]:
    """The limits that a scheduled action wrote into the target, each with the action's name.

    An action counts when every limit that it names is as it says; a limit that no action names is nobody's.
    actions: those that will be there. One that is about to change is not taken as a reason.
    """
    found: dict[str, str] = {}
    for action in current.get("scheduled_actions", []):
        limits = action.get("scalable_target_action", {})
        if action in actions and all(current.get(name) == value for name, value in limits.items()):
            found |= dict.fromkeys(limits, str(action["scheduled_action_name"]))
    return found


def held_limits(held: Mapping[str, str], current: Mapping[str, Any]) -> str:
    """The warnings about limits that are left as a scheduled action set them."""
    stay = [f"{name} stays {current[name]}: scheduled action {action} set it" for name, action in held.items()]
    return "; ".join(stay)


def steps(before: Sequence[Document], after: Sequence[Document], identifier: str) -> tuple[list[str], list[Document]]:
    """The names to delete and the documents to write, in this order.

    A policy of another type is deleted first: AWS changes a policy, but not its type.
    """
    old = {item[identifier]: item for item in before}
    new = {item[identifier]: item for item in after}
    retyped = [name for name in old if name in new and old[name].get("policy_type") != new[name].get("policy_type")]
    gone = [name for name in old if name not in new or name in retyped]
    return gone, [item for name, item in new.items() if old.get(name) != item]


def is_service_linked(role_arn: str | None) -> bool:
    """Whether AWS chose the role; for such a service it ignores the one it is given."""
    return "/aws-service-role/" in (role_arn or "")
