# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""A CloudWatch metric alarm: how it is read, compared and written. Its state is not configuration and is left alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.tagging import (
    ansible_dict_to_boto3_tag_list,
    boto3_tag_list_to_ansible_dict,
)

from .._core.calls import aws_call
from .._core.plan import Current, Plan
from .._core.resource import Resource
from .._core.shapes import Document

BUSY = "ConcurrentModificationException"


class Alarm(Resource):
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
    facts = ("alarm_arn", "state_value")
    defaults = {"actions_enabled": True, "treat_missing_data": "missing"}  # noqa: RUF012  (a ClassVar of the base)
    unordered = ("alarm_actions", "dimensions", "insufficient_data_actions", "ok_actions")

    @aws_call("describe alarm {self.name}")
    def read(self) -> Current | None:
        found = self.client().describe_alarms(AlarmNames=[self.name], AlarmTypes=["MetricAlarm"])["MetricAlarms"]
        if not found:
            return None
        tags = self.client().list_tags_for_resource(ResourceARN=found[0]["AlarmArn"])["Tags"]
        return self.current(found[0], "MetricAlarm", boto3_tag_list_to_ansible_dict(tags))

    def predict(self, plan: Plan) -> Document:
        if plan.current:
            return {}
        return {"alarm_arn": self.arn(f"alarm:{self.name}"), "state_value": "INSUFFICIENT_DATA"}

    def create(self, plan: Plan) -> None:
        self._put(self.request_for(plan.after), plan.tags_after)

    def update(self, plan: Plan) -> None:
        self._put(self.request_for(plan.after), {})  # AWS ignores the tags of an alarm that exists

    @aws_call("delete alarm {self.name}", missing=["ResourceNotFound"])
    def delete(self, current: Current) -> None:
        self.client().delete_alarms(AlarmNames=[self.name])

    @aws_call("tag alarm {self.name}", retry=[BUSY])
    def tag(self, current: Current, tags: Mapping[str, str]) -> None:
        arn = current.facts["alarm_arn"]
        self.client().tag_resource(ResourceARN=arn, Tags=ansible_dict_to_boto3_tag_list(dict(tags)))

    @aws_call("untag alarm {self.name}", retry=[BUSY])
    def untag(self, current: Current, keys: Sequence[str]) -> None:
        self.client().untag_resource(ResourceARN=current.facts["alarm_arn"], TagKeys=list(keys))

    @aws_call("put alarm {self.name}")
    def _put(self, request: dict[str, Any], tags: Mapping[str, str]) -> None:
        """All of it: the service replaces the whole alarm, and keeps its state."""
        tagged = {"Tags": ansible_dict_to_boto3_tag_list(dict(tags))} if tags else {}
        self.client().put_metric_alarm(**request, **tagged)
