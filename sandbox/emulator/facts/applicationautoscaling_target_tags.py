"""A scalable target has tags (moto 5.2.5 answers 500, which Terraform repeats for minutes).

Source: https://docs.aws.amazon.com/autoscaling/application/APIReference/API_TagResource.html
"""

from __future__ import annotations

import json
from typing import Any

from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse
from moto.core.exceptions import JsonRESTError

from sandbox.emulator.patch import wrap


class ResourceNotFound(JsonRESTError):  # type: ignore[misc]
    def __init__(self, arn: str) -> None:
        super().__init__("ResourceNotFoundException", f"The specified resource {arn} does not exist.")


def install() -> None:
    wrap(ApplicationAutoScalingResponse, "register_scalable_target", _register)
    ApplicationAutoScalingResponse.list_tags_for_resource = _list
    ApplicationAutoScalingResponse.tag_resource = _tag
    ApplicationAutoScalingResponse.untag_resource = _untag


def _register(original: Any, self: Any) -> str:
    answer: str = original(self)
    if tags := self._get_param("Tags"):
        _target(self, json.loads(answer)["ScalableTargetARN"]).sandbox_tags = dict(tags)
    return answer


def _list(self: Any) -> str:
    return json.dumps({"Tags": _tags(self)})


def _tag(self: Any) -> str:
    _tags(self).update(self._get_param("Tags"))
    return "{}"


def _untag(self: Any) -> str:
    tags = _tags(self)
    for key in self._get_param("TagKeys"):
        tags.pop(key, None)
    return "{}"


def _tags(response: Any) -> dict[str, str]:
    target = _target(response, response._get_param("ResourceARN"))
    if not hasattr(target, "sandbox_tags"):
        target.sandbox_tags = {}
    tags: dict[str, str] = target.sandbox_tags
    return tags


def _target(response: Any, arn: str) -> Any:
    for targets in response.applicationautoscaling_backend.targets.values():
        for target in targets.values():
            if target.arn == arn:
                return target
    raise ResourceNotFound(arn)
