"""Tags that only AWS sets and removes begin with `aws:`, in whatever case; a request with one is refused.

The sandbox itself is AWS here: its own key may set them. That they are refused is documented for each service
(https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html); the exact codes and texts could
not be checked against AWS.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl

from sandbox.emulator.errors import Answer, aws_error
from sandbox.emulator.identify import Environ, Request, peek_body, protocol

_TEXT = "aws: prefixed tag key names are not allowed for external use."
_CODES = {
    "application-autoscaling": "ValidationException",
    "cloudwatch": "InvalidParameterValue",
    "ec2": "InvalidParameterValue",
    "ecr": "InvalidTagParameterException",
    "iam": "InvalidInput",
    "ssm": "ValidationException",
}


def refusal(request: Request, environ: Environ) -> Answer | None:
    """AWS's answer to a request that sets or removes a tag of its own; None for every other one.

    Only services with a JSON or query protocol are looked at; S3 and the other REST services are not.
    """
    kind = protocol(request.service)
    if not request.write or kind not in _READERS:
        return None
    keys = _READERS[kind](peek_body(environ))
    if not any(key.lower().startswith("aws:") for key in keys):
        return None
    code = _CODES.get(request.service, "InvalidParameterException" if kind == "json" else "ValidationError")
    return aws_error(request.service, code, _TEXT, 400)


def _keys_in_json(body: bytes) -> list[str]:
    try:
        given = {name.lower(): value for name, value in json.loads(body).items()}
    except (ValueError, AttributeError):
        return []  # not a request of this protocol; moto says what is wrong with it
    tags = given.get("tags") or {}
    keys = list(tags) if isinstance(tags, dict) else [_key(tag) for tag in tags]
    return [*keys, *(given.get("tagkeys") or ())]


def _key(tag: dict[str, Any]) -> str:
    return str(tag.get("key") or tag.get("Key") or "")


def _keys_in_query(body: bytes) -> list[str]:
    """Tags.member.1.Key, TagSpecification.1.Tag.1.Key and the TagKeys.member.1 of a removal."""
    given = parse_qsl(body.decode("utf-8", "replace"))
    return [
        value
        for name, value in given
        if name.startswith("Tag") and (name.endswith(".Key") or name.startswith("TagKeys."))
    ]


_READERS = {"json": _keys_in_json, "query": _keys_in_query, "ec2": _keys_in_query}
