"""AssumeRole needs a role that exists and trusts the caller, and a session no longer than the role's and than an hour
where the caller is a session itself (moto 5.2.5 takes any ARN and any time).

Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html

Of a trust policy principals are judged (accounts, roles, users, services and "*"), and the external id.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

from moto.iam.models import iam_backends
from moto.sts.responses import TokenResponse
from werkzeug.exceptions import HTTPException

from sandbox.emulator.errors import aws_error
from sandbox.emulator.patch import wrap

_HOUR = 3600


class AccessDenied(HTTPException):
    """403, which moto cannot say of an error that is not in STS's model."""

    code = 403

    def __init__(self, message: str) -> None:
        super().__init__(description=aws_error("sts", "AccessDenied", message, self.code)[2].decode())


class InvalidDuration(HTTPException):
    """400, for the same reason."""

    code = 400

    def __init__(self, message: str) -> None:
        super().__init__(description=aws_error("sts", "ValidationError", message, self.code)[2].decode())


def install() -> None:
    wrap(TokenResponse, "assume_role", _assume_role)


def _assume_role(original: Any, self: Any) -> Any:
    role_arn = self._get_param("RoleArn")
    _, caller, account_id = self.backend.get_caller_identity(self.get_access_key(), self.region)
    role = next((role for role in iam_backends[account_id]["aws"].get_roles() if role.arn == role_arn), None)
    external_id = self._get_param("ExternalId")
    if role is None or not _trusts(role.assume_role_policy_document, caller, account_id, external_id):
        raise AccessDenied(f"User: {caller} is not authorized to perform: sts:AssumeRole on resource: {role_arn}")
    seconds = self._get_int_param("DurationSeconds", _HOUR)
    if seconds > _HOUR and ":assumed-role/" in caller:
        raise InvalidDuration(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining"
        )
    if seconds > int(role.max_session_duration or _HOUR):
        raise InvalidDuration("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
    return original(self)


def _trusts(document: Any, caller: str, account_id: str, external_id: str | None) -> bool:
    policy = json.loads(unquote(document)) if isinstance(document, str) else document
    statements = policy.get("Statement", [])
    accepted = {"*", account_id, f"arn:aws:iam::{account_id}:root", caller, _role_of_session(caller)}
    for statement in statements if isinstance(statements, list) else [statements]:
        principal = statement.get("Principal", {})
        named = principal if isinstance(principal, str) else principal.get("AWS", [])
        names = {named} if isinstance(named, str) else set(named)
        wanted = statement.get("Condition", {}).get("StringEquals", {}).get("sts:ExternalId", external_id)
        if statement.get("Effect") == "Allow" and names & accepted and wanted == external_id:
            return True
    return False


def _role_of_session(arn: str) -> str:
    """arn:aws:sts::1:assumed-role/name/session -> arn:aws:iam::1:role/name; other ARNs are left alone."""
    head, separator, rest = arn.partition(":assumed-role/")
    return f"{head.replace(':sts:', ':iam:')}:role/{rest.partition('/')[0]}" if separator else arn
