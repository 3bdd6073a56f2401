"""The registry deletes what ECR deletes; dataplane/registry/test_registry.py shows it to Docker."""

from __future__ import annotations

import pytest

from sandbox.emulator import ecr_registry
from sandbox.testing.fixtures import Client
from sandbox.tests.emulator.facts.ecr_push import push


class Forgetting:
    """A registry that notes what it has to delete."""

    def __init__(self) -> None:
        self.deleted: list[tuple[str, str]] = []

    def issue_password(self, seconds: int) -> str:
        return "x"

    def delete_manifest(self, repository: str, digest: str) -> None:
        self.deleted.append((repository, digest))

    def layer_url(self, repository: str, digest: str) -> str | None:
        return None


@pytest.mark.usefixtures("empty")
def test_what_ecr_deletes_the_registry_forgets(client: Client) -> None:
    ecr, front = client("ecr"), Forgetting()
    ecr.create_repository(repositoryName="app")
    first, second = push(ecr, "one", "v1"), push(ecr, "two", "v2")
    ecr_registry.attach("127.0.0.1:5000", front)
    try:
        ecr.batch_delete_image(repositoryName="app", imageIds=[{"imageTag": "v1"}])
        assert front.deleted == [("app", first)]
        ecr.delete_repository(repositoryName="app", force=True)
    finally:
        ecr_registry.detach()
    assert front.deleted[1:] == [("app", second)]
