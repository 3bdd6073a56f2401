# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""The one call of the smoke test: the secret that signs its token."""

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


NEEDED = "its key signs the token of the smoke test"


def secret_value(name: str, client: Callable[[str], Any]) -> str:
    what = f"read the secret {name!r}"
    try:
        answer = retried()(client("secretsmanager").get_secret_value)(SecretId=name)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == "ResourceNotFoundException":
            missing = Problem(
                f"there is no such secret in this account and region{home_of(name)}",
                NEEDED,
                "correct jwt_secret_id, or store it",
            )
            raise Refused(what, missing) from error
        if code in DENIED:
            denied = Problem(
                f"it may not be read ({error})", NEEDED, "allow secretsmanager:GetSecretValue, or give a token"
            )
            raise Refused(what, denied) from error
        raise AccessError(what, problem_of(error)) from error
    except BotoCoreError as error:
        raise AccessError(what, problem_of(error)) from error
    return str(answer.get("SecretString") or "")
