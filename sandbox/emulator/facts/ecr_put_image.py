"""PutImage makes an image's digest of its manifest (moto 5.2.5: of its layers), leaves the old image of a tag that
moves untagged (moto deletes it), refuses to move an immutable tag with ImageTagAlreadyExistsException, takes exclusion
filters for globs (moto: regular expressions), and answers RepositoryNotFoundException where there is none (moto: 500).

Source: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutImage.html
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from moto.core.exceptions import ServiceException
from moto.ecr import models
from moto.ecr.models import ECRBackend

from sandbox.emulator import ecr_images


class TagImmutable(ServiceException):  # type: ignore[misc]
    code = "ImageTagAlreadyExistsException"


def install() -> None:
    ECRBackend.put_image = _put_image


def _put_image(
    self: Any,
    repository_name: str,
    image_manifest: str,
    image_tag: str | None,
    image_manifest_mediatype: str | None = None,
    digest: str | None = None,
) -> Any:
    repository = self._get_repository(repository_name)
    try:
        media_type = image_manifest_mediatype or json.loads(image_manifest).get("mediaType")
    except ValueError:
        raise models.InvalidParameterException(
            "Invalid parameter at 'ImageManifest' failed to satisfy constraint: 'Invalid JSON syntax'"
        ) from None
    if not media_type:
        raise models.InvalidParameterException("image manifest mediatype not provided in manifest or parameter")
    true_digest = "sha256:" + hashlib.sha256(image_manifest.encode()).hexdigest()
    for image in repository.images:
        if image.image_digest == true_digest and (image_tag is None or image_tag in image.image_tags):
            raise models.ImageAlreadyExistsException(
                registry_id=repository.registry_id,
                image_tag=image_tag,
                digest=true_digest,
                repository_name=repository_name,
            )
    refusal = ecr_images.refusal(repository, image_tag, true_digest)
    if refusal:
        raise TagImmutable(refusal)
    return ecr_images.store(repository, self.account_id, image_manifest, image_tag, media_type, digest or true_digest)
