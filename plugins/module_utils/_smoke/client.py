# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""The one call for a token: the secret with the key that signs it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from .._core.calls import retried
from .._core.credentials import DENIED, AccessError, problem_of
from .._core.problem import Problem, home_of
from .._core.refusal import Refused

with suppress(ImportError):  # AnsibleAWSModule says so before any of this runs
    from botocore.exceptions import BotoCoreError, ClientError


def secret_value(name: str, client: Callable[[str], Any], whose: str, instead: str) -> str:
    """The secret's value.

    Args:
        name: the secret's name or ARN.
        client: from the name of a service to its boto3 client.
        whose: what the key signs, "the token of the smoke test".
        instead: what can be done without the permission, a part of the remedy.

    Raises:
        Refused: it is not there, or may not be read.
        AccessError: AWS cannot be asked.
    """
    needed = f"its key signs {whose}"
    what = f"read the secret {name!r}"
    try:
        answer = retried()(client("secretsmanager").get_secret_value)(SecretId=name)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == "ResourceNotFoundException":
            missing = Problem(
                f"there is no such secret in this account and region{home_of(name)}",
                needed,
                "correct jwt_secret_id, or store it",
            )
            raise Refused(what, missing) from error
        if code in DENIED:
            remedy = f"allow secretsmanager:GetSecretValue, or {instead}"
            denied = Problem(f"it may not be read ({error})", needed, remedy)
            raise Refused(what, denied) from error
        raise AccessError(what, problem_of(error)) from error
    except BotoCoreError as error:
        raise AccessError(what, problem_of(error)) from error
    return str(answer.get("SecretString") or "")
