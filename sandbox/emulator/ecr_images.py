"""Images of ECR's repositories: how one is stored, when a tag may not move, and how the registry reads them."""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any

from moto.ecr import models
from moto.ecr.models import Image

from sandbox.emulator.lock import api_lock

after_push: set[Callable[[Any, Any], None]] = set()
"""Called with the repository and the image after each push."""


class Images:
    """Repositories and tags of one account as the registry reads and writes them."""

    def __init__(self, account_id: str, region: str) -> None:
        self._account_id = account_id
        self._region = region

    @property
    def _backend(self) -> Any:
        return models.ecr_backends[self._account_id][self._region]

    def has_repository(self, name: str) -> bool:
        return name in self._backend.repositories

    def tags(self, name: str) -> list[str]:
        with api_lock:
            return sorted(tag for image in self._backend.repositories[name].images for tag in image.image_tags)

    def resolve(self, name: str, reference: str) -> str | None:
        """The digest of a tag or digest, or None when ECR has no such image."""
        with api_lock:
            for image in self._backend.repositories[name].images:
                if reference == image.image_digest or reference in image.image_tags:
                    return str(image.image_digest)
        return None

    def refusal(self, name: str, tag: str | None, digest: str) -> str | None:
        """Why this tag may not be set, or None when it may."""
        with api_lock:
            return refusal(self._backend.repositories[name], tag, digest)

    def put(self, name: str, tag: str | None, digest: str, manifest: str, media_type: str) -> None:
        """Record an image that was pushed."""
        with api_lock:
            repository = self._backend.repositories.get(name)
            if repository is not None:
                store(repository, self._account_id, manifest, tag, media_type, digest)


def refusal(repository: Any, tag: str | None, digest: str) -> str | None:
    """AWS's sentence when an immutable tag would move. The same image again is accepted (not checked at AWS)."""
    holder = next((image for image in repository.images if tag in image.image_tags), None)
    if holder is None or holder.image_digest == digest or not _is_immutable(repository, str(tag)):
        return None
    return (
        f"The image tag '{tag}' already exists in the '{repository.name}' repository and cannot be overwritten "
        "because the tag is immutable."
    )


def store(repository: Any, account_id: str, manifest: str, tag: str | None, media_type: str | None, digest: str) -> Any:
    """Keep an image; a tag that another image had moves to it."""
    for image in repository.images:
        if tag in image.image_tags:
            image.remove_tag(tag)
    image = next((image for image in repository.images if image.image_digest == digest), None)
    if image is None:
        image = Image(account_id, tag, manifest, repository.name, media_type, digest)
        repository.images.append(image)
    elif tag is not None:
        image.update_tag(tag)
    for listener in after_push:
        listener(repository, image)
    return image


def _is_immutable(repository: Any, tag: str) -> bool:
    filters = repository.image_tag_mutability_exclusion_filters or []
    excluded = any(fnmatchcase(tag, found["filter"]) for found in filters)
    return repository.is_tag_immutable() is not excluded
