"""A push is scanned when the repository says so, and the scan is in progress before it is complete
(moto 5.2.5 never scans a push).

Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-scanning-basic.html
"""

from __future__ import annotations

import datetime
import json
from typing import Any

from moto.ecr.models import ECRBackend

from sandbox.emulator import ecr_images
from sandbox.emulator.patch import wrap


def install() -> None:
    ecr_images.after_push.add(_scan)
    wrap(ECRBackend, "describe_image_scan_findings", _describe)


def _scan(repository: Any, image: Any) -> None:
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
    return answer
