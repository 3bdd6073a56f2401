"""A lifecycle policy has 1 to 50 rules of different priorities from 1 on; a rule for tagged images names prefixes or
patterns, no other one does; an age has a unit, a number has none; and the rule for any image is one, and the last
(moto 5.2.5 judges each rule's keys alone). The exact words could not be checked against AWS.

Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html
"""

from __future__ import annotations

import json
from typing import Any

from moto.ecr.exceptions import InvalidParameterException
from moto.ecr.policy_validation import EcrLifecyclePolicyValidator

from sandbox.emulator.patch import wrap

_MOST = 50
_WILDCARDS = 4


def install() -> None:
    wrap(EcrLifecyclePolicyValidator, "validate", _validate)


def _validate(original: Any, self: Any) -> None:
    original(self)  # the forms of all keys
    rules: list[dict[str, Any]] = json.loads(self._policy_text)["rules"]
    problem = _of_all(rules) or next(filter(None, map(_of_one, rules)), None)
    if problem:
        raise InvalidParameterException(f"{self.INVALID_PARAMETER_ERROR_MESSAGE}{problem}'")


def _of_all(rules: list[dict[str, Any]]) -> str | None:
    if not 1 <= len(rules) <= _MOST:
        return f"a policy must have 1 to {_MOST} rules, found {len(rules)}"
    priorities = [rule["rulePriority"] for rule in rules]
    if len(set(priorities)) < len(priorities):
        return "rule priorities must be unique"
    if min(priorities) < 1:
        return f"numeric instance is lower than the required minimum (minimum: 1, found: {min(priorities)})"
    last = [rule["rulePriority"] for rule in rules if rule["selection"]["tagStatus"] == "any"]
    if len(last) > 1 or (last and last[0] != max(priorities)):
        return "only one rule can have the tag status any, and it must have the highest rulePriority"
    return None


def _of_one(rule: dict[str, Any]) -> str | None:
    selection = rule["selection"]
    patterns = selection.get("tagPatternList") or []
    named = bool(selection.get("tagPrefixList")) + bool(patterns)
    if selection["tagStatus"] == "tagged" and named != 1:
        return "tagPrefixList or tagPatternList is required when tagStatus is tagged, and only one of them"
    if selection["tagStatus"] != "tagged" and named:
        return "tagPrefixList and tagPatternList are only for the tag status tagged"
    if any(pattern.count("*") > _WILDCARDS for pattern in patterns):
        return f"a pattern of tagPatternList can have at most {_WILDCARDS} wildcards"
    by_age = selection["countType"] == "sinceImagePushed"
    if by_age != bool(selection.get("countUnit")):
        return "countUnit is required when countType is sinceImagePushed, and not allowed otherwise"
    return None
