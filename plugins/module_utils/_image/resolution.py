# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""Which image a deployment runs: from its source to one URI with a digest, or the reasons against it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .._core.plan import Refused
from .._core.shapes import KNOWN_AFTER_APPLY
from .._ecr.image_check import Verdict, inspect
from .._ecr.image_check_plan import ImageName, parse_name
from .._ecr.image_client import Registry

PROCESS = "process:quilt_mcp_server:"


@dataclass(frozen=True)
class Image:
    """An image to deploy. `found` is whether it is there; digest and platforms are empty when they are not known."""

    uri: str
    tag: str = ""
    digest: str = ""
    found: bool = True
    platforms: tuple[str, ...] = ()
    scan: Any = None


def resolve(module: Any, tag: Callable[[], str]) -> Image:
    """The image that the parameters name.

    Args:
        module: the AnsibleAWSModule with the parameters of the module resolve_image.
        tag: returns the tag of the image that is built from the source; only asked when there is one.

    Raises Refused with every reason against the image, and AnsibleAWSError for calls that fail.
    """
    params = module.params
    if params["resolved_uri"]:
        name = parse_name(params["resolved_uri"])
        return Image(params["resolved_uri"], digest=name.digest if name else "")
    if params["source"] == "process":
        return Image(f"{PROCESS}{tag()}", tag())
    if params["source"] == "prebuilt":
        return _prebuilt(module)
    return _built(module, tag())


def _built(module: Any, tag: str) -> Image:
    repository = module.params["repository_name"]
    client = module.client("ecr")
    home = Registry(client, ImageName("", repository)).uri()
    name = ImageName(*home.split("/", 1), tag=tag) if home else None
    registry = _registry(module, name) if name else None
    if registry is None or registry.image() is None:
        if module.params["required"] and not module.check_mode:
            raise Refused(
                message=f"Wanted the image {repository}:{tag} that belongs to this source; found no such tag in ECR. "
                "Run playbooks/build.yml first, or set image_source to prebuilt and image_uri."
            )
        return Image(KNOWN_AFTER_APPLY, tag, found=False)
    return _checked(module, registry, tag)


def _prebuilt(module: Any) -> Image:
    uri, threshold = module.params["uri"], module.params["scan_threshold"]
    if not uri:
        raise Refused(
            message="Wanted image_uri, because image_source is prebuilt; found it empty. Set it to an image such as "
            "123456789012.dkr.ecr.us-east-1.amazonaws.com/quilt-mcp-server@sha256:<digest>."
        )
    name = parse_name(uri)
    registry = _home(module, name) if name else None
    if registry:
        return _checked(module, registry, "")
    if threshold == "none":
        module.warn(f"{uri} is not in ECR of this region: neither its platform nor its digest was checked")
        return Image(uri, digest=name.digest if name else "")
    problem = (
        f"wanted a scan without findings of severity {threshold} or worse; found it outside ECR of this region, which "
        "alone can be asked; copy it there, or set image_scan_threshold to none"
    )
    raise _refusal(Verdict(uri, problems=(problem,)))


def _home(module: Any, name: ImageName) -> Registry | None:
    """Where ECR has the image; None when it is not ECR's, or that of another region."""
    if name.home:
        return _registry(module, name, name.home[0]) if name.home[1] == module.region else None
    # A stand-in for ECR, or an endpoint of one's own, has another name, which only ECR itself can tell.
    registry = _registry(module, name)
    return registry if registry.uri() == f"{name.registry}/{name.repository}" else None


def _registry(module: Any, name: ImageName, account: str | None = None) -> Registry:
    urls = {"validate_certs": module.params["validate_certs"], "ca_path": module.params["aws_ca_bundle"]}
    return Registry(module.client("ecr"), name, account, **urls)


def _checked(module: Any, registry: Registry, tag: str) -> Image:
    params: Mapping[str, Any] = module.params
    verdict = inspect(registry, params["task_platform"], params["scan_threshold"], params["scan_wait"])
    if verdict.problems:
        raise _refusal(verdict)
    return Image(verdict.uri, tag, verdict.digest, True, verdict.platforms, verdict.scan)


def _refusal(verdict: Verdict) -> Refused:
    lines = "\n".join(f"- {problem}" for problem in verdict.problems)
    return Refused(message=f"the image {verdict.uri} must not be deployed:\n{lines}", problems=list(verdict.problems))
