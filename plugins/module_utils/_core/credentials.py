# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose credentials these are, and what to do when they or the connection fail. Private to quilt.mcp_server."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.retries import AWSRetry

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

REFUSED = {
    "AuthFailure",
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "RequestExpired",
    "SignatureDoesNotMatch",
    "TokenRefreshRequired",
    "UnrecognizedClientException",
}


@dataclass(frozen=True)
class Identity:
    """Who the credentials are (STS GetCallerIdentity)."""

    account_id: str
    arn: str

    @property
    def partition(self) -> str:
        return self.arn.split(":")[1]


class AccessError(Exception):
    """AWS cannot be used at all as it was asked; the message says why and what to do."""


def identify(client: Client, account_id: str | None) -> Identity:
    """Who the credentials are; asked before anything else is read.

    Raises:
        AccessError: no usable credentials, or those of another account than `account_id`.
    """
    try:
        answer = AWSRetry.jittered_backoff()(client("sts").get_caller_identity)()
    except (ClientError, BotoCoreError) as error:
        raise AccessError(explain(error)) from error
    identity = Identity(account_id=answer["Account"], arn=answer["Arn"])
    if account_id and identity.account_id != account_id:
        raise AccessError(
            f"the stack belongs to account {account_id}, but the credentials are {identity.arn} of account "
            f"{identity.account_id}; nothing was read or changed. Choose the profile of account {account_id} "
            "(option profile, or AWS_PROFILE), or correct the account id in the inventory"
        )
    return identity


def explain(error: Exception) -> str:
    """A sentence for an error of the connection or the credentials, with what to do."""
    if isinstance(error, NoCredentialsError):
        return (
            "no AWS credentials were found; log in (for instance `aws sso login --profile NAME`) "
            "and choose the profile with the option profile or with AWS_PROFILE"
        )
    if isinstance(error, PartialCredentialsError | CredentialRetrievalError | SSOError):
        return f"the AWS credentials cannot be loaded ({error}); log in again, or correct the profile"
    if isinstance(error, ClientError) and error.response["Error"]["Code"] in REFUSED:
        return f"AWS refuses the credentials ({answer_of(error)}); log in again, or choose another profile"
    if isinstance(error, AwsConnectionError | HTTPClientError):
        return (
            f"AWS cannot be reached ({error}); check the network, the region and endpoint_url "
            "(for the sandbox: `python -m sandbox status` says whether it is up)"
        )
    return f"AWS cannot be read ({error}); correct what it names and run again"


def answer_of(error: ClientError) -> str:
    """The service's own code and text."""
    answer = error.response["Error"]
    return f"{answer.get('Code', 'error')}: {answer.get('Message', '')}".rstrip(": ")
