# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection.
"""The route: hosts and paths of the rule, its place, the target group's health check, what the tasks may reach."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.quilt.mcp_server.plugins.module_utils._ec2 import security_group_rules
from ansible_collections.quilt.mcp_server.plugins.module_utils._elb_rule.match.condition_values import (
    host_problems,
    path_problems,
)

from . import conditions
from .numbers import as_int

RULE_VALUES = 5


def problems(values: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong between the values of the route."""

    def number(name: str) -> int | None:
        return as_int(values.get(name))

    timeout, interval = "alb_rule_health_check_timeout", "alb_rule_health_check_interval"
    low, high = number(timeout), number(interval)
    if low is not None and high is not None and low >= high:
        yield f"{timeout}: wanted less than {interval}, which is {high}; found {low}"
    floor, ceiling = number("alb_rule_priority_floor"), number("alb_rule_priority_ceiling")
    if floor is not None and ceiling is not None and floor > ceiling:
        yield f"alb_rule_priority_floor: wanted at most alb_rule_priority_ceiling, which is {ceiling}; found {floor}"
    yield from _condition_problems(values)
    egress = values.get("alb_rule_egress")
    if isinstance(egress, list) and all(isinstance(rule, Mapping) for rule in egress):
        for problem in security_group_rules.problems("alb_rule_egress", egress):
            yield problem.line()


def _condition_problems(values: Mapping[str, Any]) -> Iterator[str]:
    hosts, paths = values.get("alb_rule_hosts", [values.get("mcp_server_host")]), values.get("alb_rule_paths")
    shifts = values.get("mcp_server_strategy", "ROLLING") != "ROLLING"
    most, why = (RULE_VALUES - 1, ", as the test rule has one more") if shifts else (RULE_VALUES, "")
    further = conditions.count(values)
    if isinstance(hosts, list) and isinstance(paths, list) and len(hosts) + len(paths) + further > most:
        inputs, more = (
            ("alb_rule_hosts and alb_rule_paths", "")
            if not further
            else (
                "alb_rule_hosts, alb_rule_paths and alb_rule_conditions",
                f" and {further} values of further conditions",
            )
        )
        yield (
            f"{inputs}: a rule holds {most} values at most{why}; found {len(hosts)} hosts"
            f"{',' if more else ' and'} {len(paths)} paths{more}"
        )
    for name, judge in (("alb_rule_hosts", host_problems), ("alb_rule_paths", path_problems)):
        given = values.get(name)
        for value in given if isinstance(given, list) else ():
            for problem in judge(value) if isinstance(value, str) else ():
                yield f"{name}: {problem.line()}"
