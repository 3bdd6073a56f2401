"""Whose a task is that runs an image: its own tags say so, and where they are missing those of its service."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.quilt.mcp_server.plugins.module_utils._ecs.image_users_client import ImageUsersClient

URI = "1.dkr.ecr.us-east-1.amazonaws.com/app"
SERVICE, TASK = "arn:aws:ecs:us-east-1:1:service/main/web", "arn:aws:ecs:us-east-1:1:task/main/a"
OWN = [{"key": "quilt:deployment", "value": "own"}]
OTHER = [{"key": "quilt:deployment", "value": "other"}]


class Ecs:
    """One cluster with one task, and the service `web`, which is not listed while it drains."""

    def __init__(self, task: dict[str, Any], listed: bool) -> None:
        self.task, self.listed = task, listed
        self.asked = 0

    def get_paginator(self, operation: str) -> Any:
        self.operation = operation
        return self

    def paginate(self, **_request: Any) -> Iterator[dict[str, Any]]:
        yield {
            "list_clusters": {"clusterArns": ["main"]},
            "list_services": {"serviceArns": [SERVICE] if self.listed else []},
            "list_tasks": {"taskArns": [TASK]},
        }[self.operation]

    def describe_services(self, services: list[str], **_request: Any) -> dict[str, Any]:
        self.asked += 1
        assert services in ([SERVICE], ["web"])
        return {"services": [{"serviceArn": SERVICE, "tags": OWN, "taskDefinition": "td", "deployments": []}]}

    def describe_tasks(self, **_request: Any) -> dict[str, Any]:
        return {"tasks": [{"taskArn": TASK, "containers": [{"image": f"{URI}:1"}], **self.task}]}

    def describe_task_definition(self, **_request: Any) -> dict[str, Any]:
        return {"taskDefinition": {"containerDefinitions": [{"image": f"{URI}:1"}]}}


@pytest.mark.parametrize("listed", [True, False], ids=["active", "draining"])
@pytest.mark.parametrize(
    ("task", "owner"),
    [
        pytest.param({"group": "service:web"}, "own", id="no-tags"),
        pytest.param({"group": "service:web", "tags": OTHER}, "other", id="tags-of-another"),
        pytest.param({"group": "family:web"}, None, id="not-of-a-service"),
        pytest.param({}, None, id="no-group"),
    ],
)
def test_the_owner_of_a_task(task: dict[str, Any], owner: str | None, listed: bool) -> None:
    ecs = Ecs(task, listed)
    (found,) = [user for user in ImageUsersClient(ecs, URI).all() if user["kind"] == "task"]
    assert found["tags"].get("quilt:deployment") == owner
    assert ecs.asked <= 1
