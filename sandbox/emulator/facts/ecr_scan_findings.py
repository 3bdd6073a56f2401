"""A scan finds what the image has (moto 5.2.5 finds CVE-9999-9999 in each image).

Source: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImageScanFindings.html

The sandbox's scanner knows no vulnerabilities; moto's own /moto-api/static/ecr/scan-finding-results gives it some.
"""

from __future__ import annotations

from typing import Any

from moto.ecr.models import ECRBackend

from sandbox.emulator.patch import wrap

_INVENTED = "CVE-9999-9999"


def install() -> None:
    wrap(ECRBackend, "describe_image_scan_findings", _describe)


def _describe(original: Any, self: Any, registry_id: Any, repository_name: str, image_id: dict[str, Any]) -> Any:
    answer = original(self, registry_id, repository_name, image_id)
    found = answer.get("imageScanFindings", {})
    if [one["name"] for one in found.get("findings", [])] == [_INVENTED]:
        return {**answer, "imageScanFindings": {**found, "findings": [], "findingSeverityCounts": {}}}
    return answer
