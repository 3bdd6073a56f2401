"""The preview of a lifecycle policy says which images it would expire (moto 5.2.5 stores policies and evaluates none).

Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html

"Lifecycle policy evaluation rules" there says:
- rules are evaluated by priority, the lowest number first; an image is expired by at most one rule;
- an image that matches the tagging requirements of a rule is never expired by a rule of a higher number, whether the
  first one expires it or not; the later rule still counts it;
- the oldest go first, by the time of their push;
- an image matches a tagPrefixList when each prefix is met by one of its tags; so with tagPatternList and wildcards;
- an image that a manifest list refers to is not expired.

`sinceImagePushed` and `imageCountMoreThan` are known here. AWS evaluates within a day, here only the preview does.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Any

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult
from moto.ecr.exceptions import LifecyclePolicyNotFoundException
from moto.ecr.responses import ECRResponse

Document = dict[str, Any]
_DAY = 24 * 3600


class PreviewNotFound(ServiceException):  # type: ignore[misc]
    code = "LifecyclePolicyPreviewNotFoundException"


def install() -> None:
    ECRResponse.start_lifecycle_policy_preview = _start
    ECRResponse.get_lifecycle_policy_preview = _get


def expiring(policy: Document, images: Sequence[Any], now: float) -> dict[str, int]:
    """The digests that a policy expires, each with the priority of the rule that does it.

    Args:
        policy: the lifecycle policy.
        images: with `image_digest`, `image_tags`, `image_pushed_at` (seconds) and `image_manifest`, in order of push.
        now: seconds since the epoch.
    """
    listed = {one for image in images for one in _children(image)}
    newest_first = sorted(reversed(images), key=lambda image: -image.image_pushed_at)
    expired: dict[str, int] = {}
    claimed: set[str] = set(listed)
    for rule in sorted(policy["rules"], key=lambda rule: int(rule["rulePriority"])):
        matching = [image for image in newest_first if _matches(rule["selection"], image.image_tags)]
        for image in _beyond(rule["selection"], matching, now):
            if image.image_digest not in claimed:
                expired[image.image_digest] = rule["rulePriority"]
        claimed |= {image.image_digest for image in matching}
    return expired


def _children(image: Any) -> list[str]:
    return [one["digest"] for one in json.loads(image.image_manifest).get("manifests", [])]


def _matches(selection: Document, tags: Sequence[str]) -> bool:
    if selection["tagStatus"] == "any":
        return True
    if selection["tagStatus"] == "untagged":
        return not tags
    patterns = [f"{prefix}*" for prefix in selection.get("tagPrefixList", [])] + selection.get("tagPatternList", [])
    return bool(tags) and all(any(fnmatchcase(tag, pattern) for tag in tags) for pattern in patterns)


def _beyond(selection: Document, newest_first: Sequence[Any], now: float) -> Sequence[Any]:
    if selection["countType"] == "imageCountMoreThan":
        return newest_first[int(selection["countNumber"]) :]
    limit = now - int(selection["countNumber"]) * _DAY
    return [image for image in newest_first if image.image_pushed_at < limit]


def _start(self: Any) -> ActionResult:
    repository, policy = _asked(self)
    repository.previewed = policy
    return ActionResult({**_names(repository, policy), "status": "IN_PROGRESS"})


def _get(self: Any) -> ActionResult:
    name = self._get_param("repositoryName")
    repository = self.ecr_backend._get_repository(name)
    policy = getattr(repository, "previewed", None)
    if policy is None:
        raise PreviewNotFound(f"There is no lifecycle policy preview for the repository with name '{name}'")
    expired = expiring(json.loads(policy), repository.images, datetime.datetime.now(datetime.UTC).timestamp())
    results = [
        {
            "imageTags": image.image_tags,
            "imageDigest": image.image_digest,
            "imagePushedAt": image.image_pushed_at,
            "action": {"type": "EXPIRE"},
            "appliedRulePriority": expired[image.image_digest],
        }
        for image in repository.images
        if image.image_digest in expired
    ]
    summary = {"expiringImageTotalCount": len(results)}
    return ActionResult(
        {**_names(repository, policy), "status": "COMPLETE", "previewResults": results, "summary": summary}
    )


def _asked(self: Any) -> tuple[Any, str]:
    """The repository, and the policy of the request or else its own."""
    name = self._get_param("repositoryName")
    repository = self.ecr_backend._get_repository(name)
    policy = self._get_param("lifecyclePolicyText") or repository.lifecycle_policy
    if not policy:
        raise LifecyclePolicyNotFoundException(repository_name=name, registry_id=repository.registry_id)
    return repository, policy


def _names(repository: Any, policy: str) -> Document:
    return {
        "registryId": repository.registry_id,
        "repositoryName": repository.name,
        "lifecyclePolicyText": policy,
    }
