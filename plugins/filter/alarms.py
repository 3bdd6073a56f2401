# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The alarms on a service behind a load balancer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

SUFFIXES = ("", "-b")  # of the names for the first and the second target group
UNKNOWN = "known-after-apply"


def target_group_alarms(
    target_group_arns: Sequence[str], name: str, load_balancer_arn: str, faults: int, unhealthy_minutes: int
) -> list[dict[str, Any]]:
    """Return two alarms for each target group: on answers with 5xx, and on unhealthy targets.

    ``faults`` is the number of such answers in a minute that is still accepted. A service that shifts traffic has two
    target groups; one whose ARN check mode cannot know yet makes its dimension unknown too.
    """
    balancer = load_balancer_arn.rpartition(":loadbalancer/")[2]
    found = []
    for arn, suffix in zip(target_group_arns, SUFFIXES, strict=False):
        group = {"name": "TargetGroup", "value": arn if arn == UNKNOWN else arn.rpartition(":")[2]}
        dimensions = [{"name": "LoadBalancer", "value": balancer}, group]
        found.append(
            {
                "alarm_name": f"{name}-faults{suffix}",
                "alarm_description": f"More than {faults} answers of {name} in a minute are 5xx.",
                "metric_name": "HTTPCode_Target_5XX_Count",
                "statistic": "Sum",
                "evaluation_periods": 1,
                "threshold": int(faults),
                "dimensions": dimensions,
            }
        )
        found.append(
            {
                "alarm_name": f"{name}-unhealthy{suffix}",
                "alarm_description": f"A task of {name} has been unhealthy for {unhealthy_minutes} minutes.",
                "metric_name": "UnHealthyHostCount",
                "statistic": "Maximum",
                "evaluation_periods": int(unhealthy_minutes),
                "threshold": 0,
                "dimensions": dimensions,
            }
        )
    return found


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Any]:
        return {"target_group_alarms": target_group_alarms}
