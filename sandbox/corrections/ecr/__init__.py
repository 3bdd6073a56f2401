"""ECR. What moto 5.2.5 gets wrong:

- a token is valid for 12 hours (moto's ended in 2015), and its endpoint is the registry that images are pushed to;
- repositoryUri is where `docker push` goes: the sandbox's registry when there is one;
- an image's digest is the sha256 of its manifest (moto hashes layers only), its size is the sum of config and layers;
- a tag that moves leaves its old image untagged (moto deletes it);
- an immutable tag is refused with ImageTagAlreadyExistsException, and exclusion filters are globs (moto: regular
  expressions and ImageAlreadyExistsException);
- PutImage into a missing repository is RepositoryNotFoundException (moto: 500).

Layers, lifecycle policies and scans have modules of their own.
"""

from __future__ import annotations

import base64
import datetime
import functools
import hashlib
import json
from fnmatch import fnmatchcase
from typing import Any, Protocol

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult
from moto.ecr import models
from moto.ecr.models import ECRBackend, Image, Repository
from moto.ecr.responses import ECRResponse

from sandbox.control.lock import api_lock
from sandbox.corrections.ecr import layers, lifecycle, scans

TOKEN_SECONDS = 12 * 3600


class Front(Protocol):
    """What of the registry ECR's API needs."""

    def issue_password(self, seconds: int) -> str: ...

    def delete_manifest(self, repository: str, digest: str) -> None: ...

    def layer_url(self, repository: str, digest: str) -> str | None: ...


class TagImmutable(ServiceException):  # type: ignore[misc]
    code = "ImageTagAlreadyExistsException"


# The running registry, as (host, front). moto's state is global to the process too.
_registry: tuple[str, Front] | None = None


def attach(host: str, front: Front) -> None:
    """From now on ECR's API speaks of this registry (127.0.0.1:PORT), also in repositories that exist already."""
    global _registry
    _registry = (host, front)


def detach() -> None:
    global _registry
    _registry = None


def layer_url(repository: str, digest: str) -> str | None:
    """Where a layer that a Docker client pushed can be downloaded without a login; None when there is none."""
    return _registry[1].layer_url(repository, digest) if _registry is not None else None


def install() -> None:
    for part in (layers, lifecycle, scans):
        part.install()
    if ECRBackend.put_image is _put_image:
        return
    Repository.uri = property(_uri, lambda repository, value: None)
    Image._create_digest = _create_digest
    Image.get_image_size_in_bytes = _size
    ECRResponse.get_authorization_token = _get_authorization_token
    ECRBackend.put_image = _put_image
    ECRBackend.batch_delete_image = _forgetting(ECRBackend.batch_delete_image)
    ECRBackend.delete_repository = _forgetting(ECRBackend.delete_repository)


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
            return _refusal(self._backend.repositories[name], tag, digest)

    def put(self, name: str, tag: str | None, digest: str, manifest: str, media_type: str) -> None:
        """Record an image that was pushed."""
        with api_lock:
            repository = self._backend.repositories.get(name)
            if repository is not None:
                _store(repository, self._account_id, manifest, tag, media_type, digest)


def _uri(repository: Any) -> str:
    if _registry is not None:
        return f"{_registry[0]}/{repository.name}"
    return f"{repository.registry_id}.dkr.ecr.{repository.region_name}.amazonaws.com/{repository.name}"


def _create_digest(image: Any) -> None:
    image._image_digest = "sha256:" + hashlib.sha256(image.image_manifest.encode()).hexdigest()


def _size(image: Any) -> int | None:
    manifest = json.loads(image.image_manifest)
    if "layers" not in manifest:
        return None
    return int(sum(part.get("size", 0) for part in (manifest.get("config", {}), *manifest["layers"])))


def _get_authorization_token(self: Any) -> ActionResult:
    account_ids = self._get_param("registryIds") or [self.current_account]
    expires = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=TOKEN_SECONDS)
    data = []
    for account_id in account_ids:
        if _registry is not None:
            password, endpoint = _registry[1].issue_password(TOKEN_SECONDS), f"http://{_registry[0]}"
        else:
            password, endpoint = "no-registry", f"https://{account_id}.dkr.ecr.{self.region}.amazonaws.com"
        token = base64.b64encode(f"AWS:{password}".encode()).decode()
        data.append({"authorizationToken": token, "expiresAt": expires, "proxyEndpoint": endpoint})
    return ActionResult({"authorizationData": data})


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
    refusal = _refusal(repository, image_tag, true_digest)
    if refusal:
        raise TagImmutable(refusal)
    return _store(repository, self.account_id, image_manifest, image_tag, media_type, digest or true_digest)


def _refusal(repository: Any, tag: str | None, digest: str) -> str | None:
    """AWS's sentence when an immutable tag would move. The same image again is accepted (not checked at AWS)."""
    holder = next((image for image in repository.images if tag in image.image_tags), None)
    if holder is None or holder.image_digest == digest or not _is_immutable(repository, str(tag)):
        return None
    return (
        f"The image tag '{tag}' already exists in the '{repository.name}' repository and cannot be overwritten "
        "because the tag is immutable."
    )


def _is_immutable(repository: Any, tag: str) -> bool:
    filters = repository.image_tag_mutability_exclusion_filters or []
    excluded = any(fnmatchcase(tag, found["filter"]) for found in filters)
    return repository.is_tag_immutable() is not excluded


def _store(
    repository: Any, account_id: str, manifest: str, tag: str | None, media_type: str | None, digest: str
) -> Any:
    for image in repository.images:
        if tag in image.image_tags:
            image.remove_tag(tag)
    image = next((image for image in repository.images if image.image_digest == digest), None)
    if image is None:
        image = Image(account_id, tag, manifest, repository.name, media_type, digest)
        repository.images.append(image)
    elif tag is not None:
        image.update_tag(tag)
    scans.scan_pushed(repository, image)
    return image


def _forgetting(method: Any) -> Any:
    """Wrap a method that may remove images: what ECR no longer has, the registry forgets as well."""

    @functools.wraps(method)
    def wrapper(self: Any, repository_name: str, *args: Any, **kwargs: Any) -> Any:
        before = _digests(self, repository_name)
        result = method(self, repository_name, *args, **kwargs)
        if _registry is not None:
            for digest in before - _digests(self, repository_name):
                _registry[1].delete_manifest(repository_name, digest)
        return result

    return wrapper


def _digests(backend: Any, repository_name: str) -> set[str]:
    repository = backend.repositories.get(repository_name)
    return {str(image.image_digest) for image in repository.images} if repository else set()
