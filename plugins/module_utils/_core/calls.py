# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""Calls to AWS: what will pass is waited out, and every failure is an AnsibleAWSError that says what was attempted."""

from __future__ import annotations

import functools
import inspect
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.retries import AWSRetry

with suppress(ImportError):  # AnsibleAWSModule says so before any of this runs
    from botocore.exceptions import BotoCoreError, ClientError, ConnectionClosedError, ReadTimeoutError, WaiterError

Call = TypeVar("Call", bound=Callable[..., Any])

# AWSRetry knows `Throttling`; the JSON services (ECS, ECR, Logs) say `ThrottlingException`. The others are botocore's
# (data/_retry.json), which waits for them too, but not for long.
THROTTLED = (
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
)
NO_ANSWER = (500, 502, 503, 504)  # statuses of a server that did not say what became of the request
# Seconds from the first try in which a request without an answer is sent again. botocore's own tries come first, and
# with a read timeout they take minutes.
ANSWERED_WITHIN = 120


class Stale(AnsibleAWSError):  # type: ignore[misc]
    """What was read is no longer true (another caller was faster, or a reply was lost): read and plan again."""


class LostAnswer(Stale):
    """A write that is sent once (writes.py) got no answer: only what is there now shows whether it was made."""


def retried(
    *, retry: Sequence[str] = (), retry_messages: Sequence[str] = (), retries: int = 10
) -> Callable[[Call], Call]:
    """Decorate a function that calls AWS: throttling, 5xx and lost answers are waited out.

    It repeats all calls of the function, so a write in it may be repeated, or raises LostAnswer (writes.py).
    The parameters are those of aws_call().
    """

    def decorate(function: Call) -> Call:
        @functools.wraps(function)
        def patient(*args: Any, **kwargs: Any) -> Any:
            again = _retry_on(retry_messages, time.monotonic() + ANSWERED_WITHIN).jittered_backoff(
                retries=retries, delay=1, max_delay=30, catch_extra_error_codes=[*THROTTLED, *retry]
            )
            return again(function)(*args, **kwargs)

        return patient  # type: ignore[return-value]

    return decorate


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
        signature = inspect.signature(function)
        patient = retried(retry=retry, retry_messages=retry_messages, retries=retries)(function)

        def failed(kind: type[AnsibleAWSError], error: Exception, args: Any, kwargs: Any, how: str = "Failed") -> Any:
            bound = signature.bind(*args, **kwargs)
            bound.apply_defaults()
            what = description
            with suppress(AttributeError, LookupError):  # what AWS said is worth more than a name
                what = description.format(**bound.arguments)
            return kind(message=f"{how} to {what}", exception=error)

        @functools.wraps(function)
        def answered(*args: Any, **kwargs: Any) -> Any:
            try:
                return patient(*args, **kwargs)
            except is_boto3_error_code(list(missing)):
                return None
            except is_boto3_error_code(list(stale)) as error:
                raise failed(Stale, error, args, kwargs) from error
            except LostAnswer as error:
                if error.message:  # another function of aws_call has said what it was
                    raise
                raise failed(LostAnswer, error.exception, args, kwargs) from error
            except WaiterError as error:
                raise failed(AnsibleAWSError, error, args, kwargs, "Timeout trying") from error
            except (ClientError, BotoCoreError) as error:
                raise failed(AnsibleAWSError, error, args, kwargs) from error

        return answered  # type: ignore[return-value]

    return decorate


def _retry_on(messages: Sequence[str], answered_by: float) -> type[AWSRetry]:
    """AWSRetry knows codes; some services say with one code both what will pass and what will not."""

    class Retry(AWSRetry):  # type: ignore[misc]
        base_class = (ClientError, ConnectionClosedError, ReadTimeoutError)

        @staticmethod
        def status_code_from_exception(error: Any) -> str:
            response = getattr(error, "response", None)
            if not isinstance(response, dict):  # no answer at all
                return THROTTLED[0] if time.monotonic() < answered_by else ""
            said = response.get("Error", {})
            unanswered = response.get("ResponseMetadata", {}).get("HTTPStatusCode") in NO_ANSWER
            will_pass = any(text in said.get("Message", "") for text in messages)
            if will_pass or (unanswered and time.monotonic() < answered_by):
                return THROTTLED[0]
            return str(said.get("Code", ""))

    return Retry
