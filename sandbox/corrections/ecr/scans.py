"""ECR's basic scanning. What moto 5.2.5 gets wrong:

- a push is scanned when the repository says so (moto: never), and the scan is in progress before it is complete;
- an image is clean unless somebody says otherwise (moto: always CVE-9999-9999). The sandbox's scanner knows no
  vulnerabilities; moto's own /moto-api/static/ecr/scan-finding-results tells it of some;
- the effective setting of a repository follows scanOnPush (moto: it never changes).
"""

from __future__ import annotations

import datetime
import json
from typing import Any

from moto.ecr.models import ECRBackend

from sandbox.corrections._patch import wrap

_INVENTED = "CVE-9999-9999"


def install() -> None:
    wrap(ECRBackend, "describe_image_scan_findings", _describe)
    wrap(ECRBackend, "batch_get_repository_scanning_configuration", _configuration)


def scan_pushed(repository: Any, image: Any) -> None:
    """Begin the scan of an image that was pushed, if its repository wants one. An index is no image."""
    wanted = repository.image_scanning_configuration.get("scanOnPush")
    if wanted and image.last_scan is None and "manifests" not in json.loads(image.image_manifest):
        image.last_scan = datetime.datetime.now()
        image.scan_in_progress = True


def _describe(original: Any, self: Any, registry_id: Any, repository_name: str, image_id: dict[str, Any]) -> Any:
    answer = original(self, registry_id, repository_name, image_id)
    image = self._get_repository(repository_name)._get_image(image_id.get("imageTag"), image_id.get("imageDigest"))
    if getattr(image, "scan_in_progress", False):
        image.scan_in_progress = False
        status = {"status": "IN_PROGRESS", "description": "The scan is in progress."}
        return {**answer, "imageScanStatus": status, "imageScanFindings": {}}
    found = answer.get("imageScanFindings", {})
    if [one["name"] for one in found.get("findings", [])] == [_INVENTED]:
        return {**answer, "imageScanFindings": {**found, "findings": [], "findingSeverityCounts": {}}}
    return answer


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
