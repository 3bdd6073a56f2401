"""repositoryUri is where `docker push` goes: the sandbox's registry when there is one (moto 5.2.5: a host of AWS).

Source: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_Repository.html
"""

from __future__ import annotations

from typing import Any

from moto.ecr.models import Repository

from sandbox.emulator import ecr_registry


def install() -> None:
    Repository.uri = property(_uri, lambda repository, value: None)


def _uri(repository: Any) -> str:
    registry = ecr_registry.attached()
    if registry is not None:
        return f"{registry.host}/{repository.name}"
    return f"{repository.registry_id}.dkr.ecr.{repository.region_name}.amazonaws.com/{repository.name}"
