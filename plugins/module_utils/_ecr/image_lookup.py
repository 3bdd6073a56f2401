# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""Where an image is before a deployment, in ECR, behind a pull-through cache or in another registry, and its check."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .._core.clients import Clients
from .._core.shapes import KNOWN_AFTER_APPLY
from .image_check import Verdict, check_image_in_ecr, refusal
from .image_check_plan import ImageName, parse_name
from .image_client import LayerNotCached, Registry, describe_repository
from .pull_through_client import CREATE, Rule, covering, read_rules


def check_image(client: Clients, params: Mapping[str, Any], uri: str, check_mode: bool = False) -> Verdict:
    """What is known of an image of any registry. Raises RefusedList with every reason not to deploy it.

    Args:
        client: the clients of the run.
        params: `task_platform` (None when any will do), `assume_platform`, `scan_threshold`, `scan_wait` and the
            connection options.
        uri: the image, with a tag or a digest.
        check_mode: a pull-through cache then fetches nothing.
    """
    name = parse_name(uri)
    registry = registry_of(client, params, name) if name else None
    if registry:
        return _check_through_cache(registry, params, check_mode)
    threshold = params["scan_threshold"]
    if threshold == "none":
        warning = f"{uri} is not in ECR of this region: neither its platform nor its digest was checked"
        return Verdict(uri, name.digest if name else "", warnings=(warning,))
    problem = (
        f"wanted a scan without findings of severity {threshold} or worse; found it outside ECR of this region, which "
        "alone can be asked; copy it there, or set image_scan_threshold to none"
    )
    raise refusal(Verdict(uri, problems=(problem,)))


def rule_of(client: Clients, uri: str) -> Rule | None:
    """The pull-through cache rule that an image of ECR in this region is under."""
    name = parse_name(uri)
    home = name.home if name else None
    if name is None or home is None or home.region != client.region:
        return None
    return covering(name.repository, read_rules(client("ecr"), home.account) or [])


def _check_through_cache(registry: Registry, params: Mapping[str, Any], check_mode: bool) -> Verdict:
    """Check an image that ECR has, or will have when it is asked for it."""
    name = registry.name
    rules = read_rules(registry.client, registry.account)
    rule = covering(name.repository, rules or [])
    if rule is None:
        image = registry.image()
        if image is None:
            raise refusal(Verdict(name.uri, problems=(_missing(name, rules is not None),)))
        return check_image_in_ecr(registry, params, image)
    image = None if check_mode and not registry.described() else registry.image()
    if image:
        return replace(_check_cached(registry, params, image), pull_through=rule)
    return replace(_not_cached(registry, params, rule, check_mode), pull_through=rule)


def _check_cached(registry: Registry, params: Mapping[str, Any], image: dict[str, Any]) -> Verdict:
    """Right after its first request a cache may have no more of an image than its manifest."""
    try:
        return check_image_in_ecr(registry, params, image)
    except LayerNotCached as error:
        verdict = check_image_in_ecr(registry, {**params, "task_platform": None}, image, [])
        warning = f"the platform of {registry.name.uri} was not checked: {error.message}"
        return replace(verdict, warnings=(*verdict.warnings, warning))


def _missing(name: ImageName, rules_known: bool) -> str:
    """Why an image that ECR neither has nor fetches is refused."""
    problem = (
        "wanted it in ECR, where the tasks pull it from; found no such image there; push it (playbooks/build.yml), "
        "or correct image_uri"
    )
    prefix, slash, _rest = name.repository.partition("/")
    if not slash:
        return problem
    if not rules_known:
        return (
            f"{problem}; whether a pull-through cache rule is for it is not known without "
            "ecr:DescribePullThroughCacheRules"
        )
    return f"{problem}; of a pull-through cache, create its rule ({CREATE} --ecr-repository-prefix {prefix})"


def _not_cached(registry: Registry, params: Mapping[str, Any], rule: Rule, check_mode: bool) -> Verdict:
    """What is known of an image that a rule covers and ECR does not have. Raises RefusedList if that is too little."""
    name, threshold = registry.name, params["scan_threshold"]
    through = f"the pull-through cache rule {rule.prefix} for {rule.upstream}"
    problem = ""
    if registry.upstream_refusal:
        secret = f", or the secret of the rule, {rule.secret_arn.rpartition(':')[2]}" if rule.secret_arn else ""
        problem = (
            f"wanted it through {through}; found that ECR could not get it there ({registry.upstream_refusal}); "
            f"correct image_uri{secret}"
        )
    elif threshold != "none":
        problem = (
            f"wanted a scan without findings of severity {threshold} or worse; found that {through} did not fetch it "
            "yet; pull it once, or set image_scan_threshold to none"
        )
    if problem:
        raise refusal(Verdict(name.uri, problems=(problem,)))
    if check_mode:
        warning = f"ECR does not have {name.uri} yet: a run makes {through} fetch it, which check mode does not"
        uri = name.uri if name.digest else KNOWN_AFTER_APPLY
    else:
        warning = (
            f"{name.uri} is deployed as it is named, unchecked: {through} did not fetch it. Either the deployer lacks "
            "ecr:BatchImportUpstreamImage or ecr:CreateRepository, or the upstream registry has no such image. The "
            "tasks' execution role fetches it, and a later run pins its digest"
        )
        uri = name.uri
    return Verdict(uri, name.digest, warnings=(warning,))


def registry_of(client: Clients, params: Mapping[str, Any], name: ImageName) -> Registry | None:
    """Where ECR has the image; None when it is not ECR's, or that of another region."""
    if name.home:
        account, region = name.home
        return Registry(client("ecr"), name, account, **urls_of(params)) if region == client.region else None
    # A stand-in for ECR, or an endpoint of one's own, has another name, which only ECR itself knows.
    found = describe_repository(client("ecr"), name.repository)
    if found is None or found["repositoryUri"] != f"{name.registry}/{name.repository}":
        return None
    return Registry(client("ecr"), name, arn=found["repositoryArn"], **urls_of(params))


def urls_of(params: Mapping[str, Any]) -> dict[str, Any]:
    """How the certificates of the layers' URLs are verified."""
    return {"validate_certs": params["validate_certs"], "ca_path": params["aws_ca_bundle"]}
