# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""Reads which services and tasks of ECS run images of a repository. Never writes.

An image that an answer leaves out counts as one of the repository: its images may be deleted where nobody runs them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from .._core.calls import aws_call
from .._core.tags import tags_from

_SERVICES, _TASKS = 10, 100  # the most that one call describes


class ImageUsersClient:
    """The users of the images of a repository, in every cluster of the account and region."""

    def __init__(self, ecs: Any, uri: str) -> None:
        """`uri` is the repository's."""
        self.ecs = ecs
        self.uri = uri
        self._images: dict[str, list[str]] = {}
        self._service_tags: dict[tuple[str, str], dict[str, str]] = {}  # by cluster and name

    @aws_call("look which ECS services and tasks run images of {self.uri}")
    def all(self) -> list[dict[str, Any]]:
        """Each user as {kind, arn, images, tags}. A service counts also while it has no task."""
        clusters = self._pages("list_clusters", "clusterArns")
        return [user for cluster in clusters for user in (*self._services(cluster), *self._tasks(cluster))]

    def _services(self, cluster: str) -> Iterator[dict[str, Any]]:
        arns = self._pages("list_services", "serviceArns", cluster=cluster)
        for some in _chunks(arns, _SERVICES):
            for service in self._described(cluster, some):
                deployments = [service, *service.get("deployments", [])]
                definitions = {one["taskDefinition"] for one in deployments if one.get("taskDefinition")}
                images = {image for definition in definitions for image in self._defined(definition)}
                yield from self._user("service", service["serviceArn"], images, tags_from(service.get("tags")))

    def _tasks(self, cluster: str) -> Iterator[dict[str, Any]]:
        arns = self._pages("list_tasks", "taskArns", cluster=cluster)
        for some in _chunks(arns, _TASKS):
            for task in self.ecs.describe_tasks(cluster=cluster, tasks=some, include=["TAGS"]).get("tasks", []):
                images = set(self._images_of(task.get("containers")))
                for user in self._user("task", task["taskArn"], images, tags_from(task.get("tags"))):
                    # Its tags are propagated only where the service says so, and may be missing. Its own come first.
                    yield {**user, "tags": {**self._tags_of_service(cluster, task.get("group", "")), **user["tags"]}}

    def _tags_of_service(self, cluster: str, group: str) -> dict[str, str]:
        """The tags of the service that started a task, also while that drains; none for a task of its own."""
        kind, _colon, name = group.partition(":")
        if kind != "service":
            return {}
        if (cluster, name) not in self._service_tags:
            self._described(cluster, [name])
        return self._service_tags.setdefault((cluster, name), {})

    def _described(self, cluster: str, services: Sequence[str]) -> list[dict[str, Any]]:
        answer = self.ecs.describe_services(cluster=cluster, services=services, include=["TAGS"])
        found: list[dict[str, Any]] = answer.get("services", [])
        for service in found:
            name = service["serviceArn"].rpartition("/")[2]
            self._service_tags[cluster, name] = tags_from(service.get("tags"))
        return found

    def _user(self, kind: str, arn: str, images: set[str], tags: dict[str, str]) -> Iterator[dict[str, Any]]:
        found = sorted(image for image in images if self._is_of_repository(image))
        if found:
            yield {"kind": kind, "arn": arn, "images": found, "tags": tags}

    def _is_of_repository(self, image: str) -> bool:
        return image == self.uri or image.startswith((f"{self.uri}@", f"{self.uri}:"))

    def _defined(self, arn: str) -> list[str]:
        if arn not in self._images:
            definition = self.ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"]
            self._images[arn] = self._images_of(definition.get("containerDefinitions"))
        return self._images[arn]

    def _images_of(self, containers: Sequence[dict[str, Any]] | None) -> list[str]:
        return [self.uri] if containers is None else [one.get("image", self.uri) for one in containers]

    def _pages(self, operation: str, key: str, **request: Any) -> list[str]:
        pages = self.ecs.get_paginator(operation).paginate(**request)
        return [arn for page in pages for arn in page[key]]


def _chunks(items: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    return (items[start : start + size] for start in range(0, len(items), size))
