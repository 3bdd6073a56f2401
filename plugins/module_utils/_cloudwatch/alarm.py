# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""A CloudWatch metric alarm: how it is read, compared and written. Its state is not configuration and is left alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

from .._core.plan import Current, Plan
from .._core.resource import ModelResource
from .._core.shapes import Document
from .client import AlarmClient


class Alarm(ModelResource):
    kind = "alarm"
    service = "cloudwatch"
    result_key = "alarm"
    identifier = "alarm_name"
    request = "PutMetricAlarm"
    fields = (
        "alarm_name",
        "alarm_description",
        "actions_enabled",
        "ok_actions",
        "alarm_actions",
        "insufficient_data_actions",
        "metric_name",
        "namespace",
        "statistic",
        "extended_statistic",
        "dimensions",
        "period",
        "unit",
        "evaluation_periods",
        "datapoints_to_alarm",
        "threshold",
        "comparison_operator",
        "treat_missing_data",
        "evaluate_low_sample_count_percentile",
        "metrics",
        "threshold_metric_id",
        "evaluation_window",
        "warm_up_configuration",
        "evaluation_criteria",
        "evaluation_interval",
        "action_configuration",
    )
    computed = ("alarm_arn", "state_value")
    defaults = {"actions_enabled": True, "treat_missing_data": "missing"}  # noqa: RUF012  (a ClassVar of the base)
    unordered = ("alarm_actions", "dimensions", "insufficient_data_actions", "ok_actions")

    @cached_property
    def calls(self) -> AlarmClient:
        return AlarmClient(self.client(), self.name)

    def describe(self) -> Current | None:
        found = self.calls.find()
        return None if found is None else self.current(found, "MetricAlarm", self.calls.tags(found["AlarmArn"]))

    def predict(self, plan: Plan) -> Document:
        if plan.current:
            return {}
        return {"alarm_arn": self.arn(f"alarm:{self.name}"), "state_value": "INSUFFICIENT_DATA"}

    def create(self, plan: Plan) -> None:
        self.calls.put(self.request_for(plan.after), plan.tags_after)

    def update(self, plan: Plan) -> None:
        self.calls.put(self.request_for(plan.after), {})  # AWS ignores the tags of an alarm that exists

    def delete(self, current: Current) -> None:
        self.calls.delete()

    def tag(self, current: Current, tags: Mapping[str, str]) -> None:
        self.calls.tag(current.computed["alarm_arn"], tags)

    def untag(self, current: Current, keys: Sequence[str]) -> None:
        self.calls.untag(current.computed["alarm_arn"], keys)
