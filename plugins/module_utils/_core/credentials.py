# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""Whose credentials these are, and what to do when they or the connection fail."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError

from .calls import retried
from .identity import Identity
from .problem import Problem, refusal, whole_arns

with suppress(ImportError):  # AnsibleAWSModule says so before any of this runs
    from botocore.exceptions import (
        BotoCoreError,
        ClientError,
        CredentialRetrievalError,
        HTTPClientError,
        NoCredentialsError,
        PartialCredentialsError,
        SSOError,
    )
    from botocore.exceptions import (
        ConnectionError as AwsConnectionError,
    )

Client = Callable[[str], Any]  # service name -> boto3 client

EXPIRED = ("ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired")
# The clock is wrong: a code of its own, or these texts with a code that has other causes too.
SKEWED = ("RequestTimeTooSkewed", "RequestInTheFuture")
SKEWED_TEXTS = ("Signature expired", "Signature not yet current")
UNKNOWN = (
    "AuthFailure",
    "IncompleteSignature",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
)
DENIED = ("AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation")
REFUSED = frozenset((*EXPIRED, *SKEWED, *UNKNOWN))  # whatever the credentials ask


class AccessError(AnsibleAWSError):  # type: ignore[misc]
    """AWS cannot be used at all as it was asked.

    Args:
        what: what was attempted, an infinitive with its object.
        problem: what was found, the reason and the remedy.
    """

    def __init__(self, what: str, problem: Problem) -> None:
        self.problems = (problem,)
        found = whole_arns(problem.found, problem.reason)
        super().__init__(message=refusal(f"Failed to {what}", self.problems), **found)


def identify(client: Client, account_id: str | None) -> Identity:
    """Who the credentials are; asked before anything else is read.

    Raises:
        AccessError: no usable credentials, or those of another account than `account_id`.
    """
    try:
        answer = retried()(client("sts").get_caller_identity)()
    except (ClientError, BotoCoreError) as error:
        raise AccessError("ask AWS who the credentials belong to", problem_of(error)) from error
    identity = Identity(account_id=answer["Account"], arn=answer["Arn"])
    if account_id and identity.account_id != account_id:
        of_another = Problem(
            f"the credentials are {identity.arn} of account {identity.account_id}",
            f"the stack belongs to account {account_id}, so nothing was read or changed",
            f"choose the profile of account {account_id} (option profile, or AWS_PROFILE), or correct the account "
            "id in the inventory",
        )
        raise AccessError(f"use account {account_id}", of_another)
    return identity


def problem_of(error: Exception) -> Problem:
    """What an error of a call is about, with what to do."""
    return known_problem(error) or Problem(
        f"AWS cannot be read: {_line(error)}", "the run depends on what is there", "correct what it names and run again"
    )


def known_problem(error: Exception) -> Problem | None:
    """The same for errors of the connection, the credentials, the clock and the permissions; None for any other."""
    if isinstance(error, ClientError):
        return _refused_by_aws(error)
    if isinstance(error, NoCredentialsError):
        return Problem(
            "no AWS credentials were found",
            "AWS answers only signed requests",
            "log in (for instance `aws sso login --profile NAME`) and choose the profile with the option profile or "
            "with AWS_PROFILE",
        )
    if isinstance(error, PartialCredentialsError | CredentialRetrievalError | SSOError):
        return Problem(
            f"the AWS credentials cannot be loaded: {_line(error)}",
            "AWS answers only signed requests",
            "log in again, or correct the profile",
        )
    if isinstance(error, AwsConnectionError | HTTPClientError):
        return Problem(
            f"AWS cannot be reached: {_line(error)}",
            "the network, the region or the endpoint is not as it was meant",
            "check the network, the region and endpoint_url (for the sandbox: `python -m sandbox status` says whether "
            "it is up)",
        )
    return None


def answer_of(error: ClientError) -> str:
    """The service's own code and text."""
    answer = error.response["Error"]
    return f"{answer.get('Code', 'error')}: {answer.get('Message', '')}".rstrip(": ")


def _refused_by_aws(error: ClientError) -> Problem | None:
    answer = error.response["Error"]
    code, text = answer.get("Code", "").removeprefix("Client."), answer.get("Message", "")
    found = f"AWS refuses the credentials for {error.operation_name}: {_line(answer_of(error))}"
    if code in SKEWED or any(skewed in text for skewed in SKEWED_TEXTS):
        return Problem(
            found,
            "AWS takes no request whose time is some minutes from its own",
            "set the clock of this machine (for instance `timedatectl set-ntp true`) and run again",
        )
    if code in EXPIRED:
        return Problem(
            found,
            "a session ends after a time, and this one has ended, unless the clock of this machine is wrong",
            "log in again (for instance `aws sso login`) and run the same command again, which finds what this run has "
            "made",
        )
    if code in UNKNOWN:
        return Problem(found, "AWS does not know them", "log in again, or choose another profile")
    if code in DENIED:
        return Problem(
            f"AWS denies {error.operation_name}: {_line(answer_of(error))}",
            "the identity of the credentials has no permission for it, or a policy of the account denies it",
            "allow the action on the resource (docs/deployer-policy.md has the policy), or use another identity",
        )
    return None


def _line(error: object) -> str:
    """An error's text as a part of a sentence."""
    return " ".join(str(error).split()).rstrip(".")
