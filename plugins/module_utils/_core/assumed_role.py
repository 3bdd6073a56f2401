# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""A role that the credentials assume: its session is renewed before it ends, and tasks of one run share it."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from .calls import retried
from .credentials import AccessError, answer_of, known_problem
from .problem import Problem
from .refusal import InvalidParameters
from .role_option import DEFAULTS, role_problems

with suppress(ImportError):  # AnsibleAWSModule says so before any of this runs
    import boto3
    import botocore.session
    from botocore.credentials import CredentialProvider, CredentialResolver, RefreshableCredentials
    from botocore.exceptions import BotoCoreError, ClientError

# Seconds before the end in which botocore asks for the next session: it tries, and then it must. The shortest session
# that AWS gives has 900.
RENEW_BEFORE = 300
RENEW_AT_LAST = 60
NOT_LONGER = "exceeds the 1 hour session limit for roles assumed by role chaining"

Session = dict[str, str]  # access_key, secret_key, token, expiry_time in ISO 8601, as botocore takes them


def assumed_session(
    sts: Callable[[], Any], role: Mapping[str, Any], profile: str | None, access_key: str | None
) -> Any:
    """A boto3 session whose credentials are those of the role.

    Args:
        sts: makes a client of STS with the credentials that assume the role.
        role: the option `assume_role`.
        profile: whose credentials those are, and whose settings of the AWS configuration files hold.
        access_key: the same in place of a profile; with neither they are the environment's.

    Raises:
        InvalidParameters: AWS would refuse the option.
        AccessError: the role cannot be assumed.
    """
    problems = [problem.at("assume_role") for problem in role_problems(role)]
    if problems:
        raise InvalidParameters(*problems, label="the connection")
    role = {**DEFAULTS, **{name: value for name, value in role.items() if value is not None}}
    fetch = _Fetcher(sts, role, profile, access_key)
    credentials = RefreshableCredentials.create_from_metadata(
        fetch(),
        refresh_using=fetch,
        method="sts-assume-role",
        advisory_timeout=RENEW_BEFORE,
        mandatory_timeout=RENEW_AT_LAST,
    )

    class Assumed(CredentialProvider):
        METHOD = "sts-assume-role"

        def load(self) -> Any:
            return credentials

    session = botocore.session.Session(profile=profile)
    session.register_component("credential_provider", CredentialResolver([Assumed()]))
    return boto3.Session(botocore_session=session)


class _Fetcher:
    """Called for a session of the role: that of the folder while it lasts, otherwise a new one."""

    def __init__(
        self, sts: Callable[[], Any], role: Mapping[str, Any], profile: str | None, access_key: str | None
    ) -> None:
        self._sts = sts
        self._role = role
        # No session of other credentials is taken from the folder.
        asked = [
            profile,
            access_key,
            *(str(role.get(name)) for name in ("role_arn", "session_name", "external_id", "duration")),
        ]
        self._name = hashlib.sha256(json.dumps(asked).encode()).hexdigest()

    def __call__(self) -> Session:
        kept = self._kept()
        if kept:
            return kept
        session = self._assume()
        self._keep(session)
        return session

    def _assume(self) -> Session:
        role = self._role
        request = {
            "RoleArn": role["role_arn"],
            "RoleSessionName": role["session_name"],
            "DurationSeconds": int(role["duration"]),
            **({"ExternalId": role["external_id"]} if role.get("external_id") else {}),
        }
        try:
            answer = retried()(self._sts().assume_role)(**request)["Credentials"]
        except (ClientError, BotoCoreError) as error:
            raise AccessError(f"assume the role {role['role_arn']}", _problem(error, role)) from error
        return {
            "access_key": answer["AccessKeyId"],
            "secret_key": answer["SecretAccessKey"],
            "token": answer["SessionToken"],
            "expiry_time": answer["Expiration"].isoformat(),
        }

    @property
    def _path(self) -> str | None:
        folder = self._role.get("session_folder")
        return os.path.join(folder, self._name) if folder else None

    def _kept(self) -> Session | None:
        """What another task has kept, if it lasts for this one; a file that cannot be read is as none."""
        if not self._path:
            return None
        with suppress(OSError, ValueError, KeyError, TypeError), open(self._path, encoding="utf-8") as file:
            session: Session = json.load(file)
            left = datetime.fromisoformat(session["expiry_time"]) - datetime.now(UTC)
            if left > timedelta(seconds=RENEW_BEFORE):
                return session
        return None

    def _keep(self, session: Session) -> None:
        """Keep it for the next task. Forks for other hosts read at the same time: the file is replaced as a whole."""
        if not self._path:
            return
        with suppress(OSError):  # the next task assumes the role itself
            os.makedirs(os.path.dirname(self._path), mode=0o700, exist_ok=True)
            handle, aside = tempfile.mkstemp(dir=os.path.dirname(self._path))
            with open(handle, "w", encoding="utf-8") as file:
                json.dump(session, file)
            os.replace(aside, self._path)


def _problem(error: Exception, role: Mapping[str, Any]) -> Problem:
    """Why the role is not assumed, with what to do."""
    if isinstance(error, ClientError) and NOT_LONGER in str(error):
        return Problem(
            f"AWS refuses a session of {role['duration']} seconds",
            "the credentials are a session of a role themselves, and a session made from one lasts an hour at most",
            "set duration to 3600 or leave it out; the session is renewed whenever it is about to end",
        )
    if isinstance(error, ClientError) and "MaxSessionDuration" in str(error):
        return Problem(
            f"AWS refuses a session of {role['duration']} seconds",
            "the role's MaxSessionDuration is shorter",
            "set duration to that, or leave it out; the session is renewed whenever it is about to end",
        )
    if isinstance(error, ClientError) and error.response["Error"].get("Code", "").startswith("AccessDenied"):
        return Problem(
            f"AWS denies it: {answer_of(error)}",
            "the trust policy of the role does not name the identity of the credentials or asks for another external "
            "id, or that identity has no permission for sts:AssumeRole on the role, or there is no such role",
            "correct role_arn and external_id, or let the owner of the role change its trust policy",
        )
    return known_problem(error) or Problem(
        f"AWS refuses it: {answer_of(error) if isinstance(error, ClientError) else error}",
        "nothing can be asked without the session of the role",
        "correct assume_role",
    )
