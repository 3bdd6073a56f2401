# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection.
"""How AWS is reached: what the inventory gives wins over the environment.

Credentials are one setting, a profile or keys with their token. Where a task is given one of the two, the other is
ignored in the environment, and so is a token of other keys. amazon.aws and boto3 take each part by itself.
A role that the credentials assume has a session for all tasks of a run.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ansible import constants as C
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.role_option import OPTIONS, role_problems

KEYS = ("access_key", "secret_key", "session_token")
CREDENTIALS = ("profile", *KEYS)
# Those that amazon.aws reads, in its order. It takes no profile together with any of the others.
PROFILE_VARIABLES = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE")
KEY_VARIABLES = (
    "AWS_ACCESS_KEY_ID",
    "AWS_ACCESS_KEY",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SECRET_KEY",
    "AWS_SESSION_TOKEN",
)
ROLE = "assume_role"


def session_folder() -> str:
    """The folder of this run on this machine in which tasks share the session of a role; ansible-core removes it."""
    return str(Path(C.DEFAULT_LOCAL_TMP) / "quilt_sessions")


def complete(options: Mapping[str, Any], folder: str = "") -> dict[str, Any]:
    """Connection options of which the environment completes no credentials.

    amazon.aws takes from the environment what an option does not say; an empty one says that there is none.

    Args:
        options: those of a task.
        folder: where tasks share the session of a role that they assume; none where it is empty.
    """
    completed = dict(options)
    if isinstance(options.get(ROLE), Mapping) and folder:
        completed[ROLE] = {"session_folder": folder, **options[ROLE]}
    if any(options.get(name) for name in CREDENTIALS):
        completed |= {name: options.get(name) or "" for name in CREDENTIALS}
    return completed


@contextmanager
def environment(options: Mapping[str, Any]) -> Iterator[None]:
    """Hide the environment's profile from this process and its children while the options have keys.

    botocore reads the settings of that profile also where it has keys, and fails when there is no such profile.
    """
    hidden = {}
    if any(options.get(name) for name in KEYS):
        hidden = {name: os.environ.pop(name) for name in PROFILE_VARIABLES if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(hidden)


def problems(options: Mapping[str, Any], environ: Mapping[str, str]) -> Iterator[str]:
    """Yield what is contradictory in the credentials of `mcp_server_aws`, or without them in the environment's."""
    keys = [name for name in KEYS if options.get(name)]
    if options.get("profile") and keys:
        yield (
            f"mcp_server_aws: wanted one kind of credentials; found both a profile and {' and '.join(keys)}; remove "
            "the profile, or the keys"
        )
    missing = [name for name in ("access_key", "secret_key") if keys and name not in keys]
    if missing:
        yield f"mcp_server_aws: wanted {' and '.join(missing)} with {' and '.join(keys)}; found none; add it"
    profile = _first(PROFILE_VARIABLES, environ)
    key = _first(KEY_VARIABLES, environ)
    if profile and key and not any(options.get(name) for name in CREDENTIALS):
        yield (
            f"mcp_server_aws: has no credentials, and the environment has two kinds, {profile} and {key}; "
            "unset one of them, or set profile in mcp_server_aws"
        )
    yield from _role_problems(options.get(ROLE))


def _role_problems(role: Any) -> Iterator[str]:
    wanted = [name for name in OPTIONS if name != "session_folder"]
    if not role:
        return
    if not isinstance(role, Mapping):
        yield f"mcp_server_aws: wanted assume_role as a map with role_arn; found {role!r}; write {{role_arn: ...}}"
        return
    unknown = sorted(set(map(str, role)) - set(wanted))
    if unknown:
        yield f"mcp_server_aws: wanted only the keys {', '.join(wanted)} in assume_role; found {', '.join(unknown)}"
    if not role.get("role_arn"):
        yield "mcp_server_aws: wanted role_arn in assume_role; found none; add it"
    for problem in role_problems(role):
        yield f"mcp_server_aws: assume_role: {problem.line()}"


def _first(names: tuple[str, ...], environ: Mapping[str, str]) -> str | None:
    return next((name for name in names if environ.get(name)), None)
