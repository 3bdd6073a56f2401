# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""Which image a deployment runs: from its source to one URI with a digest, or the reasons against it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from .._core.clients import Clients
from .._core.problem import Problem
from .._core.refusal import Refused
from .._core.shapes import KNOWN_AFTER_APPLY, Document
from .image_check import Verdict, check_image, check_image_in_ecr, urls_of
from .image_check_plan import ImageName, parse_name
from .image_client import Registry, describe_repository

PROCESS = "process:quilt_mcp_server:"


def resolve_image(client: Clients, params: Mapping[str, Any], tag: Callable[[], str], check_mode: bool) -> Document:
    """What the resolve_image module returns.

    Args:
        client: the clients of the run.
        params: the module's parameters.
        tag: returns the tag of the image that is built from the source; only asked when there is one.
        check_mode: an image that is not there yet is then no reason to fail.

    Raises RefusedList with every reason against the image, Refused when there is none to look at, and AnsibleAWSError
    for calls that fail.
    """
    if params["resolved_uri"]:
        name = parse_name(params["resolved_uri"])
        return _result(Verdict(params["resolved_uri"], name.digest if name else ""))
    if params["source"] == "process":
        return _result(Verdict(f"{PROCESS}{tag()}"), tag())
    if params["source"] == "build":
        return _built(client, params, tag(), check_mode)
    if not params["uri"]:
        raise Refused(
            "choose an image",
            Problem(
                "image_uri is empty, and image_source is prebuilt",
                "nothing else names the image to deploy",
                "set image_uri to an image such as "
                "123456789012.dkr.ecr.us-east-1.amazonaws.com/quilt-mcp-server@sha256:<digest>",
            ),
        )
    return _result(check_image(client, params, params["uri"]))


def _built(client: Clients, params: Mapping[str, Any], tag: str, check_mode: bool) -> Document:
    repository = params["repository_name"]
    home = describe_repository(client("ecr"), repository)
    registry = _registry(client, params, home, tag) if home else None
    image = registry.image() if registry else None
    if registry and image:
        return _result(check_image_in_ecr(registry, params, image), tag)
    if params["required"] and not check_mode:
        raise Refused(
            f"choose the image {repository}:{tag}",
            Problem(
                "there is no such tag in ECR",
                "it is the image that belongs to this source",
                "run playbooks/build.yml first, or set image_source to prebuilt and image_uri",
            ),
        )
    return _result(Verdict(KNOWN_AFTER_APPLY), tag, found=False)


def _registry(client: Clients, params: Mapping[str, Any], home: Document, tag: str) -> Registry:
    """home: a repository of this account, as ECR describes it."""
    registry, _slash, repository = home["repositoryUri"].partition("/")
    name = ImageName(registry, repository, tag)
    return Registry(client("ecr"), name, arn=home["repositoryArn"], **urls_of(params))


def _result(verdict: Verdict, tag: str = "", found: bool = True) -> Document:
    known = asdict(verdict)
    del known["problems"]
    return {**known, "tag": tag, "found": found}
