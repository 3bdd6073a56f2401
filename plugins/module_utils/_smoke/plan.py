# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""From the module's parameters to a plan of checks."""

from __future__ import annotations

import os
import re
import ssl
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

from .._core.problem import Problem
from .._core.refusal import InvalidParameters
from . import client_certificate
from .checks import Plan
from .route import Route
from .rule_conditions import conditions_from, is_of_the_client, request_for
from .tokens import GARBAGE, Claims, key_from, mint

LABEL = "the smoke test"
CA_USE = "the server's certificate is verified with it"
LIBRARIES = {"mcp": "mcp", "httpx2": "mcp", "jwt": "PyJWT"}


def missing_library() -> str | None:
    """The distribution that has to be installed first, if any."""
    return next((name for module, name in LIBRARIES.items() if find_spec(module) is None), None)


def plan_from(params: Mapping[str, Any], read_secret: Callable[[str], str], *, dry: bool = False) -> Plan:
    """What the parameters ask for.

    Args:
        params: the module's parameters.
        read_secret: from the name of a secret to its value.
        dry: nothing will be sent: the secret is not read and its token not made.

    Raises:
        InvalidParameters: parameters that cannot be used.
        AnsibleAWSError: a secret that cannot be read, or holds no usable key.
    """
    conditioned = request_for(conditions_from(params["rule_conditions"]), params["headers"])
    problems = [*_problems(params), *conditioned.problems]
    if problems:
        raise InvalidParameters(*problems, label=LABEL)
    bucket = params["bucket"]
    tokens = _tokens(params, read_secret, dry)
    arguments = params["tool_arguments"] or ({"bucket": bucket} if bucket else {})
    tool = params["tool_name"] if arguments else None
    try:
        route = Route(
            url=params["url"],
            ca_file=params["ca_file"] or None,
            connect_to=params["connect_to"] or None,
            timeout=params["timeout"],
            headers={**{name: str(value) for name, value in params["headers"].items()}, **conditioned.headers},
            query=conditioned.query,
            client_certificate=params["client_certificate"] or "",
            client_key=params["client_key"] or "",
        )
    except ssl.SSLError as error:
        no_pem = Problem(f"ca_file {params['ca_file']!r} holds no PEM certificate", CA_USE, "give the CA's PEM file")
        raise InvalidParameters(no_pem, label=LABEL) from error
    return Plan(
        route=route,
        token=tokens[0],
        expired_token=tokens[1] if len(tokens) > 1 else None,
        secrets=tokens,
        expected_tools=tuple(params["expected_tools"]) or ((tool,) if tool else ()),
        tool_name=tool,
        tool_arguments=arguments,
        wait=params["wait_timeout"],
        hint=conditioned.hint,
    )


def _tokens(params: Mapping[str, Any], read_secret: Callable[[str], str], dry: bool) -> tuple[str, ...]:
    """The good token; if it was made here also an expired one and the key."""
    name = params["jwt_secret_id"]
    if not name:
        return (params["token"],)
    if dry:
        return GARBAGE, GARBAGE
    key = key_from(read_secret(name), params["kid"], name)
    buckets = (params["bucket"],) if params["bucket"] else ()
    claims = Claims(params["subject"], params["issuer"], params["audience"], buckets)
    return mint(key, params["kid"], claims), mint(key, params["kid"], claims, lifetime=-3600), key


def _problems(params: Mapping[str, Any]) -> list[Problem]:
    problems = []
    url = urlsplit(params["url"])
    if url.scheme not in ("https", "http") or not url.hostname:
        problems.append(
            Problem(f"url is {params['url']!r}", "it must be that of an MCP server", "write it as https://host/mcp")
        )
    if params["ca_file"] and not os.path.isfile(params["ca_file"]):
        problems.append(
            Problem(f"ca_file {params['ca_file']!r} is not a file", CA_USE, "give the CA's PEM file, or leave it unset")
        )
    if params["connect_to"] and not re.fullmatch(r"[^\s/]+:\d{1,5}", params["connect_to"]):
        problems.append(
            Problem(
                f"connect_to is {params['connect_to']!r}",
                "it names the address in place of that in url",
                "write it as host:port",
            )
        )
    for name, value in params["headers"].items():
        if is_of_the_client(name):
            problems.append(Problem(f"headers has {name}", "the client itself sends it", "remove it from headers"))
        elif not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name) or not re.fullmatch(r"[ -~]+", str(value)):
            problems.append(
                Problem(
                    f"headers has {name!r}, which is not printable ASCII or no name of HTTP",
                    "HTTP would not carry it",
                    "use names and values of HTTP in printable ASCII",
                )
            )
    problems += client_certificate.problems(params["client_certificate"] or "", params["client_key"] or "")
    if bool(params["token"]) == bool(params["jwt_secret_id"]):
        there = "both are" if params["token"] else "none is"
        problems.append(
            Problem(
                f"of token and jwt_secret_id {there} given",
                "the smoke test sends one token",
                "give exactly one of token and jwt_secret_id",
            )
        )
    return problems
