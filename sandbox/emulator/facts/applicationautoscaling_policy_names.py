"""DescribeScalingPolicies filters by PolicyNames (moto 5.2.5 answers with all policies).

Source: https://docs.aws.amazon.com/autoscaling/application/APIReference/API_DescribeScalingPolicies.html
"""

from __future__ import annotations

import json
from typing import Any

from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse

from sandbox.emulator.patch import wrap


def install() -> None:
    wrap(ApplicationAutoScalingResponse, "describe_scaling_policies", _describe)


def _describe(original: Any, self: Any) -> str:
    answer: str = original(self)
    names = self._get_param("PolicyNames")
    if not names:
        return answer
    found = json.loads(answer)
    found["ScalingPolicies"] = [policy for policy in found["ScalingPolicies"] if policy["PolicyName"] in names]
    return json.dumps(found)
