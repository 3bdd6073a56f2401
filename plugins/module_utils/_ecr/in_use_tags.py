# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""The tags that keep the images in use from a repository's lifecycle rules: read, plan, write."""

from __future__ import annotations

from typing import Any

from .._core.clients import Clients
from .._core.shapes import Document
from .image_check_plan import parse_name
from .image_client import describe_repository
from .in_use_tags_plan import Marks, plan_marks, short_digest
from .tags_client import TagsClient


def keep_in_use_tags(module: Any) -> Document:
    """What the ecr_image_protection module returns; outside check mode the tags are written before."""
    params = module.params
    warnings: list[str] = []
    tags = TagsClient(Clients(module)("ecr"), params["repository_name"])
    marks = _planned(tags, params, warnings)
    if not module.check_mode:
        for one in marks.add:
            tags.add(one.digest, one.tag)
        for one in marks.remove:
            tags.remove(one.tag)
    diff = {"before": {"marks": list(marks.before)}, "after": {"marks": list(marks.after)}}
    own = {one for one in marks.after if params["image"] and one.endswith(short_digest(params["image"]))}
    others = [one for one in marks.after if one not in own]
    return {"changed": marks.changed, "diff": diff, "marks": list(marks.after), "others": others, "warnings": warnings}


def _planned(tags: TagsClient, params: Document, warnings: list[str]) -> Marks:
    """What is to be written; nothing where there is no repository of the deployment."""
    if params["image"] and not parse_name(params["image"]):  # a process, or what check mode cannot know yet
        return Marks((), (), (), ())
    arn, uri = _repository(tags, params)
    if not arn:
        return Marks((), (), (), ())
    there = tags.tags_of_repository(arn)
    if not params["require_tags"].items() <= there.items():
        warnings.append(
            f"the ECR repository {tags.repository} is foreign: it was left as it is, and its owner's lifecycle policy "
            "decides how long its images stay"
        )
        return Marks((), (), (), ())
    digest = _digest_in(uri, params["image"])
    if params["image"] and digest is None:
        warnings.append(
            f"{params['image']} is no image of {uri} with a digest: no lifecycle rule of the collection protects it"
        )
    return plan_marks(tags.all(), params["deployment"], digest, params["alone"])


def _repository(tags: TagsClient, params: Document) -> tuple[str, str]:
    """ARN and URI of the repository, both empty when it does not exist."""
    name = parse_name(params["image"]) if params["image"] else None
    is_known = params["repository_arn"].endswith(f":repository/{tags.repository}")
    if name and name.repository == tags.repository and is_known:
        return params["repository_arn"], f"{name.registry}/{name.repository}"
    found = describe_repository(tags.client, tags.repository)
    return (found["repositoryArn"], found["repositoryUri"]) if found else ("", "")


def _digest_in(uri: str, image: str | None) -> str | None:
    """The digest of the image if it is one of the repository."""
    name = parse_name(image) if image else None
    return name.digest if name and name.digest and f"{name.registry}/{name.repository}" == uri else None
