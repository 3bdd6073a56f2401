#!/usr/bin/python
# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: cloudwatch_alarm
version_added: 1.0.0
short_description: Manage one CloudWatch metric alarm
description:
  - Creates, changes and deletes one metric alarm with its tags.
  - The parameters are those of C(PutMetricAlarm). The state of the alarm is never set.
author:
  - Quilt Data (@quiltdata)
options:
  alarm_name:
    description: The name of the alarm. Either this or O(alarm_names) is required.
    type: str
  alarm_names:
    description:
      - The names of several alarms that are deleted, instead of O(alarm_name). Only with O(state=absent).
      - They are read in one call. One that does not exist needs no other call.
    type: list
    elements: str
  alarm_description:
    description: The description of the alarm.
    type: str
  actions_enabled:
    description: Whether its actions are executed.
    type: bool
  ok_actions:
    description: ARNs of the actions when it goes into OK. An empty list clears them.
    type: list
    elements: str
  alarm_actions:
    description: ARNs of the actions when it goes into ALARM. An empty list clears them.
    type: list
    elements: str
  insufficient_data_actions:
    description: ARNs of the actions when it goes into INSUFFICIENT_DATA. An empty list clears them.
    type: list
    elements: str
  metric_name:
    description: The metric; for math over several use O(metrics).
    type: str
  namespace:
    description: The namespace of the metric.
    type: str
  statistic:
    description: The statistic of the metric.
    type: str
    choices: [SampleCount, Average, Sum, Minimum, Maximum]
  extended_statistic:
    description: A percentile such as V(p99), instead of O(statistic).
    type: str
  dimensions:
    description: The dimensions of the metric, each with C(name) and C(value).
    type: list
    elements: dict
  period:
    description: The seconds over which the statistic is taken.
    type: int
  unit:
    description: The unit of the metric.
    type: str
  evaluation_periods:
    description: The number of periods that are compared.
    type: int
  datapoints_to_alarm:
    description: How many of them must breach the threshold.
    type: int
  threshold:
    description: The value to compare with.
    type: float
  comparison_operator:
    description: How it is compared.
    type: str
  treat_missing_data:
    description: What a period without data counts as.
    type: str
    choices: [breaching, notBreaching, ignore, missing]
  evaluate_low_sample_count_percentile:
    description: Whether percentiles of few samples are V(evaluate) or V(ignore).
    type: str
  metrics:
    description: The metrics and expressions of an alarm on metric math.
    type: list
    elements: dict
  threshold_metric_id:
    description: The id of the band of an anomaly detection alarm.
    type: str
  evaluation_window:
    description: The window of evaluation. Needs a botocore that knows it.
    type: dict
  warm_up_configuration:
    description: The time without evaluation. Needs a botocore that knows it.
    type: dict
  evaluation_criteria:
    description: The criteria of evaluation. Needs a botocore that knows them.
    type: dict
  evaluation_interval:
    description: The interval of evaluation. Needs a botocore that knows it.
    type: int
  action_configuration:
    description: How actions are executed. Needs a botocore that knows it.
    type: dict
extends_documentation_fragment:
  - quilt.mcp_server.resource
  - quilt.mcp_server.connection
"""

EXAMPLES = r"""
- name: Alarm on more than five 5xx responses of the server in a minute
  quilt.mcp_server.cloudwatch_alarm:
    alarm_name: sales-prod-mcp-server-production-faults
    namespace: AWS/ApplicationELB
    metric_name: HTTPCode_Target_5XX_Count
    dimensions:
      - name: LoadBalancer
        value: app/sales-prod-alb/0123456789abcdef
      - name: TargetGroup
        value: targetgroup/sales-prod-mcp-server-tg/0123456789abcdef
    statistic: Sum
    period: 60
    evaluation_periods: 1
    threshold: 5
    comparison_operator: GreaterThanThreshold
    treat_missing_data: notBreaching
    require_tags:
      quilt:deployment: sales-prod-mcp-server-production
"""

RETURN = r"""
alarm:
  description:
    - The alarm as it is, or in check mode as it would be; empty when it is absent.
    - It has every parameter under its name, and what is documented here.
  returned: always
  type: dict
  contains:
    alarm_arn:
      description: Its ARN.
      type: str
      returned: when present
    state_value:
      description: Its state.
      type: str
      returned: when present
      sample: OK
    tags:
      description: All its tags.
      type: dict
      returned: when present
"""

from ansible_collections.quilt.mcp_server.plugins.module_utils._cloudwatch.alarm import Alarm
from ansible_collections.quilt.mcp_server.plugins.module_utils._cloudwatch.alarms import delete_several
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.arguments import common_arguments
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.aws_module import AwsModule
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.module import exit_with
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.reconciler import run

STRINGS = {"type": "list", "elements": "str"}
DICTIONARIES = {"type": "list", "elements": "dict"}
ARGUMENTS = {
    "alarm_name": {"type": "str"},
    "alarm_names": STRINGS,
    "alarm_description": {"type": "str"},
    "actions_enabled": {"type": "bool"},
    "ok_actions": STRINGS,
    "alarm_actions": STRINGS,
    "insufficient_data_actions": STRINGS,
    "metric_name": {"type": "str"},
    "namespace": {"type": "str"},
    "statistic": {"type": "str", "choices": ["SampleCount", "Average", "Sum", "Minimum", "Maximum"]},
    "extended_statistic": {"type": "str"},
    "dimensions": DICTIONARIES,
    "period": {"type": "int"},
    "unit": {"type": "str"},
    "evaluation_periods": {"type": "int"},
    "datapoints_to_alarm": {"type": "int"},
    "threshold": {"type": "float"},
    "comparison_operator": {"type": "str"},
    "treat_missing_data": {"type": "str", "choices": ["breaching", "notBreaching", "ignore", "missing"]},
    "evaluate_low_sample_count_percentile": {"type": "str"},
    "metrics": DICTIONARIES,
    "threshold_metric_id": {"type": "str"},
    "evaluation_window": {"type": "dict"},
    "warm_up_configuration": {"type": "dict"},
    "evaluation_criteria": {"type": "dict"},
    "evaluation_interval": {"type": "int"},
    "action_configuration": {"type": "dict"},
}


def main() -> None:
    """Manage the alarm that the arguments describe, or delete several."""
    names = [("alarm_name", "alarm_names")]
    module = AwsModule(
        argument_spec={**common_arguments(), **ARGUMENTS},
        mutually_exclusive=names,
        required_one_of=names,
        required_if=[("state", "present", ["alarm_name"])],
        supports_check_mode=True,
    )
    if module.params["alarm_name"] is None:
        exit_with(module, lambda: delete_several(module))
    run(module, Alarm)


if __name__ == "__main__":
    main()
