"""The effective scanning setting of a repository follows scanOnPush (moto 5.2.5: it never changes).

Source: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchGetRepositoryScanningConfiguration.html
"""

from __future__ import annotations

from typing import Any

from moto.ecr.models import ECRBackend

from sandbox.emulator.patch import wrap


def install() -> None:
    wrap(ECRBackend, "batch_get_repository_scanning_configuration", _configuration)


def _configuration(original: Any, self: Any, names: list[str]) -> Any:
    configurations, missing = original(self, names)
    answer = []
    for one in configurations:
        on_push = self._get_repository(one["repositoryName"]).image_scanning_configuration.get("scanOnPush", False)
        frequency = one["scanFrequency"]
        if frequency != "CONTINUOUS_SCAN":
            frequency = "SCAN_ON_PUSH" if on_push else "MANUAL"
        answer.append({**one, "scanOnPush": on_push, "scanFrequency": frequency})
    return answer, missing
