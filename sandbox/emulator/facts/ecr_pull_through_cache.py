"""A pull-through cache rule makes BatchGetImage fetch an image of the upstream registry, and create its repository
(moto 5.2.5: no rules).

Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache.html

The upstream registry is ECR of the account and region that the rule's URL names, such as another region of this
account. Every other one, such as registry-1.docker.io, is empty. DescribeImages fetches nothing. The first request
fetches the manifest, and layers can be downloaded from the next one on: ECR fetches them in the background. Permissions
are not judged, as nowhere in the sandbox. What was fetched can be looked at, not pulled from the sandbox's registry.
"""

from __future__ import annotations

import datetime
import re
from typing import Any

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult
from moto.ecr import models
from moto.ecr.models import ECRBackend
from moto.ecr.responses import ECRResponse
from moto.s3.models import s3_backends
from moto.secretsmanager.models import secretsmanager_backends

from sandbox.emulator import ecr_images
from sandbox.emulator.patch import wrap

_ECR = re.compile(r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.")
# As ecr_layer_download.py has them.
_AWS_ACCOUNT = "754600000000"
_BUCKET = "prod-{}-starport-layer-bucket"
_RULES = "pull_through_cache_rules"


class RuleExists(ServiceException):  # type: ignore[misc]
    code = "PullThroughCacheRuleAlreadyExistsException"


class RuleNotFound(ServiceException):  # type: ignore[misc]
    code = "PullThroughCacheRuleNotFoundException"


class UnableToGetUpstreamImage(ServiceException):  # type: ignore[misc]
    code = "UnableToGetUpstreamImageException"


def install() -> None:
    ECRResponse.create_pull_through_cache_rule = _create
    ECRResponse.describe_pull_through_cache_rules = _describe
    ECRResponse.delete_pull_through_cache_rule = _delete
    wrap(ECRBackend, "batch_get_image", _batch_get_image)


def _rules(backend: Any) -> dict[str, dict[str, Any]]:
    """The rules of a registry by their prefix; moto's own reset and the sandbox's snapshots keep them right."""
    rules: dict[str, dict[str, Any]] = vars(backend).setdefault(_RULES, {})
    return rules


def _create(self: Any) -> ActionResult:
    rules, prefix = _rules(self.ecr_backend), self._get_param("ecrRepositoryPrefix")
    if prefix in rules:
        raise RuleExists(f"A pull through cache rule with the prefix '{prefix}' already exists in the registry")
    names = ("upstreamRegistryUrl", "upstreamRegistry", "credentialArn", "customRoleArn", "upstreamRepositoryPrefix")
    rules[prefix] = {
        "ecrRepositoryPrefix": prefix,
        "registryId": self.current_account,
        "createdAt": datetime.datetime.now(datetime.UTC),
        **{name: value for name in names if (value := self._get_param(name))},
    }
    return ActionResult(rules[prefix])


def _describe(self: Any) -> ActionResult:
    rules = _rules(self.ecr_backend)
    wanted = self._get_param("ecrRepositoryPrefixes") or list(rules)
    for prefix in wanted:
        _known(rules, prefix)
    return ActionResult({"pullThroughCacheRules": [rules[prefix] for prefix in wanted]})


def _delete(self: Any) -> ActionResult:
    rules, prefix = _rules(self.ecr_backend), self._get_param("ecrRepositoryPrefix")
    _known(rules, prefix)
    return ActionResult(rules.pop(prefix))


def _known(rules: dict[str, Any], prefix: str) -> None:
    if prefix not in rules:
        raise RuleNotFound(f"The pull through cache rule with the prefix '{prefix}' does not exist in the registry")


def _batch_get_image(
    original: Any,
    self: Any,
    repository_name: str,
    registry_id: str | None = None,
    image_ids: list[dict[str, Any]] | None = None,
) -> Any:
    for image_id in image_ids or []:
        _fetch(self, repository_name, image_id)
    return original(self, repository_name, registry_id, image_ids)


def _fetch(backend: Any, name: str, image_id: dict[str, Any]) -> None:
    """Copy the image of the upstream registry that a rule is for, unless it is there."""
    known = backend.repositories.get(name)
    rule = _rule(backend, name)
    registry = _upstream(backend, rule) if rule else None
    upstream = registry.repositories.get(_upstream_name(rule, name)) if rule and registry else None
    if known and _find(known, image_id):
        if registry and upstream:
            _copy_layers(registry.region_name, upstream, backend.region_name, known)
        return
    if rule:
        _require_secret(backend, rule)
    image = _find(upstream, image_id) if upstream else None
    if image is None:
        return
    if known is None:
        known = backend.create_repository(name, None, None, None, "MUTABLE", [])
    ecr_images.store(
        known,
        backend.account_id,
        image.image_manifest,
        image_id.get("imageTag"),
        image.image_manifest_media_type,
        image.image_digest,
    )


def _copy_layers(source: str, upstream: Any, target: str, known: Any) -> None:
    """Copy the layers from where the region of the one repository keeps them to where that of the other one does."""
    s3 = s3_backends[_AWS_ACCOUNT]["aws"]
    if _BUCKET.format(target) not in s3.buckets:
        s3.create_bucket(_BUCKET.format(target), target)
    for digest in set(upstream.layers) - set(known.layers):
        s3.put_object(_BUCKET.format(target), digest, s3.get_object(_BUCKET.format(source), digest).value)
        known.layers[digest] = upstream.layers[digest]


def _rule(backend: Any, name: str) -> dict[str, Any] | None:
    rules = _rules(backend)
    fitting = [prefix for prefix in rules if name.startswith(f"{prefix.rstrip('/')}/")]
    return rules.get(max(fitting, key=len, default="ROOT"))


def _find(repository: Any, image_id: dict[str, Any]) -> Any:
    digest, tag = image_id.get("imageDigest"), image_id.get("imageTag")
    found = (one for one in repository.images if one.image_digest == digest or tag in one.image_tags)
    return next(found, None)


def _require_secret(backend: Any, rule: dict[str, Any]) -> None:
    arn = rule.get("credentialArn")
    secrets = secretsmanager_backends[backend.account_id][backend.region_name].secrets
    if arn and not any(secret.arn == arn for secret in secrets.values()):
        raise UnableToGetUpstreamImage(f"The secret '{arn}' of the pull through cache rule could not be read")


def _upstream(backend: Any, rule: dict[str, Any]) -> Any:
    host = _ECR.match(rule["upstreamRegistryUrl"])
    return models.ecr_backends[host["account"]][host["region"]] if host else None


def _upstream_name(rule: dict[str, Any], name: str) -> str:
    """The repository's name without the rule's prefix, with the one that it has upstream."""
    prefix, upstream = rule["ecrRepositoryPrefix"], rule.get("upstreamRepositoryPrefix", "ROOT")
    rest = name if prefix == "ROOT" else name.removeprefix(f"{prefix.rstrip('/')}/")
    return rest if upstream == "ROOT" else f"{upstream.rstrip('/')}/{rest}"
