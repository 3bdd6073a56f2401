"""A layer that was pushed can be downloaded by a URL that needs no login (moto 5.2.5: not at all).

Source: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetDownloadUrlForLayer.html

What was uploaded through ECR's API is in S3, in a bucket of AWS's own account. What a Docker client pushed is in the
sandbox's registry, and its front answers.
"""

from __future__ import annotations

import hashlib
from typing import Any

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult
from moto.ecr.models import ECRBackend
from moto.ecr.responses import ECRResponse
from moto.s3.models import s3_backends

from sandbox.emulator import ecr_registry
from sandbox.emulator.patch import wrap

_AWS_ACCOUNT = "754600000000"
_SIGNED = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=3600&X-Amz-Signature=0"


class LayersNotFound(ServiceException):  # type: ignore[misc]
    code = "LayersNotFoundException"


def install() -> None:
    wrap(ECRBackend, "complete_layer_upload", _complete)
    ECRResponse.get_download_url_for_layer = _url


def _complete(original: Any, self: Any, repository_name: str, upload_id: str, *args: Any, **kwargs: Any) -> Any:
    upload = self._get_repository(repository_name).uploads.get(upload_id)
    answer = original(self, repository_name, upload_id, *args, **kwargs)
    content = bytes(upload.layer_parts)
    s3, bucket = s3_backends[_AWS_ACCOUNT]["aws"], _bucket(self.region_name)
    if bucket not in s3.buckets:
        s3.create_bucket(bucket, self.region_name)
    s3.put_object(bucket, "sha256:" + hashlib.sha256(content).hexdigest(), content)
    return answer


def _bucket(region: str) -> str:
    return f"prod-{region}-starport-layer-bucket"


def _url(self: Any) -> ActionResult:
    digest = self._get_param("layerDigest")
    repository = self.ecr_backend._get_repository(self._get_param("repositoryName"))
    url: str | None
    if digest in repository.layers:
        url = f"http://{self.headers['Host']}/{_bucket(self.region)}/{digest}?{_SIGNED}"
    else:
        url = ecr_registry.layer_url(repository.name, digest)
    if url is None:
        raise LayersNotFound(
            f"The layer with digest '{digest}' does not exist in the repository with name '{repository.name}'"
        )
    return ActionResult({"downloadUrl": url, "layerDigest": digest})
