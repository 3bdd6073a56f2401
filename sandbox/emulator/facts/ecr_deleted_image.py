"""An image that was deleted cannot be pulled (moto 5.2.5 has no registry; the sandbox's would still have it).

Source: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchDeleteImage.html
"""

from __future__ import annotations

from typing import Any

from moto.ecr.models import ECRBackend

from sandbox.emulator import ecr_registry
from sandbox.emulator.patch import wrap


def install() -> None:
    wrap(ECRBackend, "batch_delete_image", _forgetting)
    wrap(ECRBackend, "delete_repository", _forgetting)


def _forgetting(original: Any, self: Any, repository_name: str, *args: Any, **kwargs: Any) -> Any:
    """What ECR no longer has, the registry forgets as well."""
    before = _digests(self, repository_name)
    result = original(self, repository_name, *args, **kwargs)
    registry = ecr_registry.attached()
    if registry is not None:
        for digest in before - _digests(self, repository_name):
            registry.front.delete_manifest(repository_name, digest)
    return result


def _digests(backend: Any, repository_name: str) -> set[str]:
    repository = backend.repositories.get(repository_name)
    return {str(image.image_digest) for image in repository.images} if repository else set()
