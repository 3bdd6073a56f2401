# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""Which image a deployment runs: from its source to one URI with a digest, or the reasons against it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, NamedTuple

from .._core.clients import Clients
from .._core.problem import Problem
from .._core.refusal import Refused
from .._core.shapes import KNOWN_AFTER_APPLY, Document
from .image_check import Verdict, check_image_in_ecr
from .image_check_plan import ImageName, parse_name
from .image_client import Registry, describe_repository, newest_tag
from .image_lookup import check_image, rule_of, urls_of

PROCESS = "process:quilt_mcp_server:"


class Source(NamedTuple):
    """What is known of the image that is built from a source.

    Args:
        tag: its tag, or with `any_base` what all its tags begin with, whatever base it was built on.
        any_base: whether the digest of the base is not known here.
        base: the base as the module returns it; None where there is none.
        problem: why it cannot be built here.
        warning: what is to be known of its base when it is built.
    """

    tag: str
    any_base: bool = False
    base: Document | None = None
    problem: Problem | None = None
    warning: str = ""


def resolve_image(
    client: Clients, params: Mapping[str, Any], source: Callable[[], Source], check_mode: bool
) -> Document:
    """What the resolve_image module returns.

    Args:
        client: the clients of the run.
        params: the module's parameters.
        source: returns what is known of the source; only asked when the image is built from one.
        check_mode: an image that is not there yet is then no reason to fail.

    Raises RefusedList with every reason against the image, Refused when there is none to look at, and AnsibleAWSError
    for calls that fail.
    """
    if params["resolved_uri"]:
        name = parse_name(params["resolved_uri"])
        rule = rule_of(client, params["resolved_uri"]) if params["source"] == "prebuilt" else None
        return _result(Verdict(params["resolved_uri"], name.digest if name else "", pull_through=rule))
    if params["source"] == "process":
        return _result(Verdict(f"{PROCESS}{source().tag}"), source().tag)
    if params["source"] == "build":
        return _built(client, params, source(), check_mode)
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
    verdict = check_image(client, params, params["uri"], check_mode)
    return _result(verdict, found=verdict.uri != KNOWN_AFTER_APPLY)


def _built(client: Clients, params: Mapping[str, Any], source: Source, check_mode: bool) -> Document:
    repository = params["repository_name"]
    home = describe_repository(client("ecr"), repository)
    tag = source.tag
    if source.any_base and home:
        tag = newest_tag(client("ecr"), repository, f"{tag}-") or tag
    registry = _registry(client, params, home, tag) if home else None
    image = registry.image() if registry else None
    if registry and image:
        return _result(check_image_in_ecr(registry, params, image), tag, base=source.base)
    if source.problem:
        raise Refused(f"build the image {repository}:{tag}", source.problem)
    if params["required"] and not check_mode:
        raise Refused(
            f"choose the image {repository}:{tag}{'-*' if source.any_base else ''}",
            Problem(
                "there is no such tag in ECR",
                "it is the image that belongs to this source",
                "run playbooks/build.yml first, or set image_source to prebuilt and image_uri",
            ),
        )
    warnings = (source.warning,) if source.warning else ()
    return _result(Verdict(KNOWN_AFTER_APPLY, warnings=warnings), tag, found=False, base=source.base)


def _registry(client: Clients, params: Mapping[str, Any], home: Document, tag: str) -> Registry:
    """home: a repository of this account, as ECR describes it."""
    registry, _slash, repository = home["repositoryUri"].partition("/")
    name = ImageName(registry, repository, tag)
    return Registry(client("ecr"), name, arn=home["repositoryArn"], **urls_of(params))


def _result(verdict: Verdict, tag: str = "", found: bool = True, base: Document | None = None) -> Document:
    known = asdict(verdict)
    del known["problems"]
    return {**known, "tag": tag, "found": found, "base": base}
