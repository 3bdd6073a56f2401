"""Images in the sandbox's ECR without a Docker engine: pushed through ECR's own API."""

from __future__ import annotations

import hashlib
import json
import urllib.request
from typing import Any

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"


def push(ecr: Any, repository: str, architecture: str = "amd64", *tags: str, content: str = "") -> str:
    """Push an image of one platform with a configuration that can be downloaded; returns its digest.

    `content` makes it another image.
    """
    config = json.dumps({"os": "linux", "architecture": architecture, "comment": content}).encode()
    upload = ecr.initiate_layer_upload(repositoryName=repository)["uploadId"]
    ecr.upload_layer_part(
        repositoryName=repository, uploadId=upload, partFirstByte=0, partLastByte=len(config) - 1, layerPartBlob=config
    )
    digest = "sha256:" + hashlib.sha256(config).hexdigest()
    ecr.complete_layer_upload(repositoryName=repository, uploadId=upload, layerDigests=[digest])
    manifest = {"config": {"digest": digest, "size": len(config)}, "layers": []}
    return put(ecr, repository, MANIFEST, manifest, *tags)


def push_index(ecr: Any, repository: str, *images: tuple[str, str], tag: str) -> str:
    """Push an index of (architecture, digest) with an attestation in it, as buildx does."""
    entries = [("linux", *image) for image in images] + [("unknown", "unknown", "sha256:" + "f" * 64)]
    manifests = [
        {"digest": digest, "platform": {"os": system, "architecture": architecture}}
        for system, architecture, digest in entries
    ]
    return put(ecr, repository, INDEX, {"manifests": manifests}, tag)


def put(ecr: Any, repository: str, media_type: str, document: dict[str, Any], *tags: str) -> str:
    """Put a manifest with tags, or without one; returns its digest."""
    manifest = json.dumps({"schemaVersion": 2, "mediaType": media_type, **document})
    for request in [{"imageTag": tag} for tag in tags] or [{}]:
        ecr.put_image(repositoryName=repository, imageManifest=manifest, imageManifestMediaType=media_type, **request)
    return "sha256:" + hashlib.sha256(manifest.encode()).hexdigest()


def find_vulnerabilities(url: str, repository: str, digest: str, **severities: str) -> None:
    """From now on the image's scan finds these: name (with _ for -) to severity."""
    findings = [
        {
            "name": name.replace("_", "-"),
            "severity": severity,
            "attributes": [{"key": "package_name", "value": "openssl"}, {"key": "package_version", "value": "3.0.1"}],
        }
        for name, severity in severities.items()
    ]
    result = {
        "repositoryName": repository,
        "imageId": {"imageDigest": digest},
        "imageScanStatus": {"status": "COMPLETE", "description": "The scan was completed successfully."},
        "imageScanFindings": {"findings": findings},
    }
    body = json.dumps({"results": [result], "region": "us-east-1", "account_id": "850787717197"}).encode()
    request = urllib.request.Request(
        f"{url}/moto-api/static/ecr/scan-finding-results", data=body, headers={"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request):
        pass
