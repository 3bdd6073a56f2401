"""A request that breaks a length, range, pattern, enumeration or required member of AWS's own model is refused
(moto 5.2.5 judges few of them, botocore only least lengths and required members).

It holds for every service with a JSON or query protocol: names of roles, log groups, repositories, parameters and
alarms, characters and lengths of tags, descriptions, sizes of documents. The wording is the one that AWS's services
share; ECR has its own. That ECS answers with InvalidParameterException could not be checked against AWS.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html and the other pages of its kind, which
AWS makes from the service models that botocore ships
"""

from __future__ import annotations

from typing import Any

from moto.core.responses import BaseResponse

from sandbox.emulator.constraints import Violation, violations
from sandbox.emulator.parsed_request import ParsedRequest, parsed, refused
from sandbox.emulator.patch import wrap

# CloudWatch speaks JSON and keeps the codes of its older protocol.
_CODES = {
    "cloudwatch": "ValidationError",
    "ecr": "InvalidParameterException",
    "ecs": "InvalidParameterException",
    "logs": "InvalidParameterException",
}
# Published, but not what the service does: (service, shape, kind of constraint).
_NOT_ENFORCED: frozenset[tuple[str, str, str]] = frozenset()
_PATTERN = "Member must satisfy regular expression pattern: "


def install() -> None:
    wrap(BaseResponse, "call_action", _call_action)


def _call_action(original: Any, self: Any) -> Any:
    request = parsed(self)
    # EC2's model has no constraints but enumerations, and EC2 has codes of its own for those.
    if request is None or request.protocol == "ec2":
        return original(self)
    found = [
        one
        for one in violations(request.shape, request.given)
        if (request.service, one.shape, one.kind) not in _NOT_ENFORCED
    ]
    return refused(self, _code(request), _message(request.service, found)) if found else original(self)


def _code(request: ParsedRequest) -> str:
    return _CODES.get(request.service) or ("ValidationError" if request.protocol == "query" else "ValidationException")


def _message(service: str, found: list[Violation]) -> str:
    if service == "ecr":
        rule = found[0].rule
        rule = (
            f"must satisfy regular expression '{rule.removeprefix(_PATTERN)}'"
            if rule.startswith(_PATTERN)
            else rule.removeprefix("Member ")
        )
        return f"Invalid parameter at '{found[0].path}' failed to satisfy constraint: '{rule}'"
    plural = "errors" if len(found) > 1 else "error"
    return f"{len(found)} validation {plural} detected: {'; '.join(str(one) for one in found)}"
