"""The registry behind ECR's API, where one runs: the data plane attaches it."""

from __future__ import annotations

from typing import NamedTuple, Protocol


class Front(Protocol):
    """What of the registry ECR's API needs."""

    def issue_password(self, seconds: int) -> str: ...

    def delete_manifest(self, repository: str, digest: str) -> None: ...

    def layer_url(self, repository: str, digest: str) -> str | None: ...


class Attached(NamedTuple):
    """A running registry; `host` is 127.0.0.1:PORT."""

    host: str
    front: Front


# moto's state is global to the process, and so is this.
_attached: Attached | None = None


def attach(host: str, front: Front) -> None:
    """From now on ECR's API names this registry (127.0.0.1:PORT), also in repositories that exist already."""
    global _attached
    _attached = Attached(host, front)


def detach() -> None:
    global _attached
    _attached = None


def attached() -> Attached | None:
    """The running registry, or None."""
    return _attached


def layer_url(repository: str, digest: str) -> str | None:
    """Where a layer that a Docker client pushed can be downloaded without a login; None when there is none."""
    return _attached.front.layer_url(repository, digest) if _attached is not None else None
