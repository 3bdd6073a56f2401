# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""Calls to AWS: retried when throttled, and every failure an AnsibleAWSError that says what was attempted."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code
from ansible_collections.amazon.aws.plugins.module_utils.errors import AWSErrorHandler
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.retries import AWSRetry

Call = TypeVar("Call", bound=Callable[..., Any])

# AWSRetry knows `Throttling`; the JSON services (ECS, ECR, Logs) say `ThrottlingException`.
THROTTLED = ("ThrottlingException", "ThrottledException", "RequestThrottled", "RequestThrottledException")


def _retry_on(messages: Sequence[str]) -> type[AWSRetry]:
    """AWSRetry knows codes; some services say with one code both what will pass and what will not."""

    class Retry(AWSRetry):  # type: ignore[misc]
        @staticmethod
        def status_code_from_exception(error: Any) -> str:
            said = error.response["Error"]
            will_pass = any(text in said.get("Message", "") for text in messages)
            return THROTTLED[0] if will_pass else str(said["Code"])

    return Retry


class Stale(AnsibleAWSError):  # type: ignore[misc]
    """What was read is no longer true (another caller was faster, or a reply was lost): read and plan again."""


def aws_call(
    description: str,
    *,
    missing: Sequence[str] = (),
    stale: Sequence[str] = (),
    retry: Sequence[str] = (),
    retry_messages: Sequence[str] = (),
    retries: int = 10,
) -> Callable[[Call], Call]:
    """Decorate a function that calls AWS.

    description: what is attempted, for the message; may name the function's parameters ("delete {name}").
    missing: error codes that mean "it does not exist"; the function then returns None.
    stale: error codes that mean "the resource changed since the read"; they raise Stale.
    retry: further error codes worth waiting for, besides throttling; retries: how often.
    retry_messages: parts of an error's text worth waiting for, where its code also has other causes.
    Raises AnsibleAWSError for every other failure.
    """

    def decorate(function: Call) -> Call:
        retried = _retry_on(retry_messages).jittered_backoff(
            retries=retries, delay=1, max_delay=30, catch_extra_error_codes=[*THROTTLED, *retry]
        )(function)

        @functools.wraps(function)
        def answered(*args: Any, **kwargs: Any) -> Any:
            try:
                return retried(*args, **kwargs)
            except is_boto3_error_code(list(missing)):
                return None
            except is_boto3_error_code(list(stale)) as error:
                raise Stale(message=f"Failed to {description}", exception=error) from error

        handled: Call = AWSErrorHandler.common_error_handler(description)(answered)
        return handled

    return decorate
