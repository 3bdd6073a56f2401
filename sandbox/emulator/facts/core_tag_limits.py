"""A resource has at most 50 tags, AWS's own aside; a key stands once in a request; where the service's model names no
characters and lengths, its documentation does (moto 5.2.5 counts for few services, and lets the last of two keys win).

Allowed are letters, digits and spaces of any script and `_ . : / = + - @`, but EC2 takes any character. That ECR and
CloudWatch refuse others follows the general rule; it could not be checked against AWS, nor could the codes of EC2's
lengths, of CloudWatch's number and of keys that stand twice anywhere but at ELB, EC2 and IAM.

Source: https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from moto.core.exceptions import ServiceException
from moto.core.responses import BaseResponse
from werkzeug.exceptions import HTTPException

from sandbox.emulator import java_pattern
from sandbox.emulator.parsed_request import ParsedRequest, parsed, refused
from sandbox.emulator.patch import wrap

MAX_TAGS = 50
_CHARACTERS = r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*"

Tags = list[tuple[str, str]]


@dataclass(frozen=True)
class Rules:
    """Codes by what is wrong, and what the model leaves to the documentation."""

    too_many: str
    twice: str
    too_many_text: str = "The maximum number of tags per resource is 50."
    twice_text: str = "Duplicate tag key '{key}' found."
    invalid: str = ""
    any_character: bool = True
    max_key: int = 128


_RULES = {
    "application-autoscaling": Rules("TooManyTagsException", "ValidationException"),
    "cloudwatch": Rules("LimitExceeded", "InvalidParameterValue", invalid="InvalidParameterValue", any_character=False),
    "ec2": Rules(
        "TagLimitExceeded",
        "InvalidParameterValue",
        too_many_text="The maximum number of Tags for a resource has been reached.",
        twice_text="Duplicate tag key '{key}' specified.",
        invalid="InvalidParameterValue",
        max_key=127,
    ),
    "ecr": Rules(
        "TooManyTagsException",
        "InvalidTagParameterException",
        invalid="InvalidTagParameterException",
        any_character=False,
    ),
    "ecs": Rules("InvalidParameterException", "InvalidParameterException"),
    "elbv2": Rules("TooManyTags", "DuplicateTagKeys", twice_text="Tag key '{key}' was specified more than once"),
    "iam": Rules("LimitExceeded", "InvalidInput", too_many_text="Cannot exceed quota for TagsPerRole: 50"),
    "logs": Rules("TooManyTagsException", "InvalidParameterException"),
    "ssm": Rules("TooManyTagsError", "ValidationException"),
}


def _of_tagger(backend: str, arn: str) -> Callable[[Any, dict[str, Any]], Iterable[str]]:
    return lambda response, given: getattr(response, backend).tagger.get_tag_dict_for_resource(given.get(arn))


# The tags that a resource has already, by the call that adds to them. ECS and ELB count for themselves.
_EXISTING: dict[tuple[str, str], Callable[[Any, dict[str, Any]], Iterable[str]]] = {
    ("cloudwatch", "TagResource"): _of_tagger("cloudwatch_backend", "ResourceARN"),
    ("ecr", "TagResource"): _of_tagger("ecr_backend", "resourceArn"),
    ("logs", "TagResource"): _of_tagger("logs_backend", "resourceArn"),
    ("ssm", "AddTagsToResource"): lambda response, given: response.ssm_backend._resource_tags[given["ResourceType"]][
        given["ResourceId"]
    ],
    ("iam", "TagRole"): lambda response, given: (
        tag["Key"] for tag in response.backend.get_role(given["RoleName"]).tags
    ),
}


def install() -> None:
    wrap(BaseResponse, "call_action", _call_action)


def _call_action(original: Any, self: Any) -> Any:
    request = parsed(self)
    rules = _RULES.get(request.service) if request else None
    if request is None or rules is None:
        return original(self)
    for tags in _tags(request):
        if problem := _problem(self, request, rules, tags):
            return refused(self, *problem)
    return original(self)


def _tags(request: ParsedRequest) -> list[Tags]:
    """The tags that the request sets; several lists where it makes several things."""
    given = request.given
    found = given.get("Tags") or given.get("tags") or []
    if request.service == "ec2":
        specified = [one.get("Tags") or [] for one in given.get("TagSpecifications") or []]
        return [_pairs(found), *map(_pairs, specified)] if request.operation != "DeleteTags" else []
    return [_pairs(found)]


def _pairs(tags: Any) -> Tags:
    if isinstance(tags, dict):
        return [(str(key), str(value or "")) for key, value in tags.items()]
    return [
        (str(tag.get("Key") or tag.get("key") or ""), str(tag.get("Value") or tag.get("value") or "")) for tag in tags
    ]


def _problem(response: Any, request: ParsedRequest, rules: Rules, tags: Tags) -> tuple[str, str] | None:
    """Code and text of the first thing that is wrong."""
    if not tags:
        return None
    # IAM keeps the case of a key and compares without it.
    counted = Counter(key.lower() if request.service == "iam" else key for key, _ in tags)
    twice = [key for key, number in counted.items() if number > 1]
    if twice and request.service != "iam":  # moto knows IAM's rule
        return rules.twice, rules.twice_text.format(key=twice[0])
    if rules.invalid:
        for key, value in tags:
            if len(key) > rules.max_key or not key:
                return rules.invalid, f"Tag keys must have 1 to {rules.max_key} characters; found {len(key)}."
            if len(value) > 256:
                return rules.invalid, f"Tag values can have at most 256 characters; found {len(value)}."
            if not rules.any_character and not _allowed(key + value):
                return rules.invalid, f"The tag '{key}' with the value '{value}' contains invalid characters."
    existing = _EXISTING.get((request.service, request.operation))
    keys = {*counted, *_existing(existing, response, request)}
    if sum(not key.lower().startswith("aws:") for key in keys) > MAX_TAGS:
        return rules.too_many, rules.too_many_text
    return None


def _allowed(text: str) -> bool:
    pattern = java_pattern.compiled(_CHARACTERS)
    return bool(pattern and pattern.fullmatch(text))


def _existing(read: Callable[[Any, dict[str, Any]], Iterable[str]] | None, response: Any, request: Any) -> set[str]:
    if read is None:
        return set()
    try:
        found = read(response, request.given)
        return {key.lower() if request.service == "iam" else key for key in found}
    except (KeyError, HTTPException, ServiceException):  # the resource is not there, which moto says
        return set()
