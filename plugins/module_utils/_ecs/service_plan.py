# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""What the plan of a service depends on, its messages, and what its writes returned. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .._core.plan import Current, Plan, Reading
from .capacity import ClusterCapacity

Answer = Mapping[str, Any]  # in the API's names


@dataclass(frozen=True)
class ServiceReading(Reading):
    """The service as it was described, and what else a plan for it depends on.

    draining: whether an earlier run's deletion still goes on; task_definition: the ARN of the revision that is asked
    for, None when there is no such one; autoscaler: "none", "registered", or why it is not known, and empty when the
    count would not change; capacity: that of the cluster, when the service is to get another capacity provider.
    """

    answer: Answer | None = None  # when it is ACTIVE
    draining: bool = False
    task_definition: str | None = None
    autoscaler: str = ""
    capacity: ClusterCapacity | None = None


@dataclass(frozen=True)
class ServicePlan(Plan):
    """force: whether new tasks are started though nothing differs; draining: what must have gone before.

    primary: the id of the deployment that was there.
    """

    force: bool = False
    draining: bool = False
    primary: str = ""


@dataclass(frozen=True)
class ServiceWritten:
    """What the writes answered.

    answer: the service with this deployment as PRIMARY; task_arns: of a service that was deleted; progress: of the wait
    before a creation.
    """

    answer: Answer | None = None
    task_arns: tuple[str, ...] = ()
    progress: tuple[str, ...] = ()


def scaling_warnings(label: str, current: Current, autoscaler: str) -> list[str]:
    """Why the desired count stays; `autoscaler` as a ServiceReading shows it."""
    if autoscaler in ("", "none"):
        return []
    stays = f"{label}: desired_count stays {current.document['desired_count']}: "
    if autoscaler == "registered":
        return [f"{stays}Application Auto Scaling decides it; change its minimum and maximum instead"]
    return [
        f"{stays}whether Application Auto Scaling decides it cannot be read ({autoscaler}); "
        "allow application-autoscaling:DescribeScalableTargets"
    ]
