"""repositoryUri is where images are pushed to."""

from __future__ import annotations

import pytest

from sandbox.emulator import ecr_registry
from sandbox.emulator.control_plane import ControlPlane
from sandbox.testing.fixtures import Client


class Nowhere:
    """A registry that holds nothing."""

    def issue_password(self, seconds: int) -> str:
        return "x"

    def delete_manifest(self, repository: str, digest: str) -> None: ...

    def layer_url(self, repository: str, digest: str) -> str | None:
        return None


@pytest.mark.usefixtures("empty")
def test_the_uri_leads_to_the_registry_while_there_is_one(client: Client, empty: ControlPlane) -> None:
    ecr = client("ecr")
    created = ecr.create_repository(repositoryName="app")["repository"]
    assert created["repositoryUri"] == f"{empty.account_id}.dkr.ecr.{empty.region}.amazonaws.com/app"
    ecr_registry.attach("127.0.0.1:5000", Nowhere())
    try:
        (repository,) = ecr.describe_repositories()["repositories"]
    finally:
        ecr_registry.detach()
    assert repository["repositoryUri"] == "127.0.0.1:5000/app"
