# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""What the read-only modules about ECR return."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._core.clients import Clients
from .._core.shapes import Document, to_snake
from .._ecs.image_users_client import ImageUsersClient
from .image_client import describe_repository, tagged_images


def repository_users(client: Clients, params: Mapping[str, Any]) -> Document:
    """The services and tasks that run images of a repository."""
    repository = describe_repository(client("ecr"), params["repository_name"])
    return {"users": ImageUsersClient(client("ecs"), repository["repositoryUri"]).all() if repository else []}


def images(client: Clients, params: Mapping[str, Any]) -> Document:
    """The image of a tag with its URI, or an empty list."""
    repository, tag = params["repository_name"], params["image_tag"]
    found = tagged_images(client("ecr"), repository, tag)
    described = describe_repository(client("ecr"), repository) if found else None
    if not found or described is None:
        return {"images": []}
    uri, shape = described["repositoryUri"], client("ecr").meta.service_model.shape_for("ImageDetail")
    return {"images": [{**to_snake(image, shape), "uri": f"{uri}@{image['imageDigest']}"} for image in found]}
