# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""One concrete request, and whether a rule's conditions hold for it: the service's matching, request by request."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ..._elb.fingerprints import fingerprint
from . import glob_pattern
from .address_space import Space, takes_all, takes_none
from .conditions import CONFIGS, Condition

Header = tuple[str, str]
Parameter = tuple[str, str]
BY_REGEX = "(by regex)"  # in place of the value of a header that a regex asks for


@dataclass(frozen=True)
class Request:
    """A request as a listener sees it. Headers and query parameters may repeat; a part that is None is not known.

    stems: for the value of a header or a parameter, by name and value, the value of the condition that it stems from.
    """

    host: str | None = "x"
    path: str | None = "/"
    method: str | None = "GET"
    address: str | None = None
    headers: tuple[Header, ...] | None = ()
    query: tuple[Parameter, ...] | None = ()
    stems: Mapping[Parameter, str] = field(default_factory=dict, compare=False, repr=False)

    def shown(self, name: str, value: str) -> str:
        """The value of a header or a parameter for people: a fingerprint, as it may be somebody's secret."""
        return value if value in ("", BY_REGEX) else fingerprint(self.stems.get((name, value), value))

    def query_text(self) -> str:
        """The query for people."""
        return "&".join(
            f"{key}={self.shown(key, value)}" if key else self.shown(key, value) for key, value in self.query or ()
        )

    def text(self, scheme: str = "https") -> str:
        """For messages: ``GET https://demo.quiltdata.com/mcp?a=<sha256:...> (X-Test: <sha256:...>) from 10.0.0.1``."""
        query = self.query_text()
        headers = ", ".join(f"{name}: {self.shown(name, value)}" for name, value in self.headers or ())
        url = f"{scheme}://{self.host or '(host by regex)'}{self.path or '/(path by regex)'}"
        parts = [
            f"{self.method or '(any method)'} {url}",
            f"?{query}" if query else "",
            f" ({headers})" if headers else "",
            f" from {self.address}" if self.address else "",
        ]
        return "".join(parts)


def matches(conditions: Iterable[Condition], request: Request) -> bool:
    """Whether all conditions hold."""
    return all(holds(condition, request) for condition in conditions)


def holds(condition: Condition, request: Request) -> bool:
    """Whether one condition holds. Unknown values never do; a regex is judged by Python's re, only a near relative."""
    if condition.field == "host-header":
        return request.host is not None and _text_holds(condition, request.host, fold=True)
    if condition.field == "path-pattern":
        return request.path is not None and _text_holds(condition, request.path, fold=False)
    if condition.field == "http-header":
        values = [value for name, value in request.headers or () if name.lower() == condition.name]
        return any(_text_holds(condition, value, fold=True) for value in values)
    if condition.field == "http-request-method":
        return request.method in condition.values
    if condition.field == "source-ip":
        return request.address is not None and _address_holds(condition, request.address)
    if condition.field == "query-string":
        return any(_parameter_holds(condition, key, value) for key, value in request.query or ())
    return False


def judge(condition: Condition, request: Request, space: Space) -> bool | None:
    """Whether one condition holds for a request of which a part may not be known; None if that cannot be decided.

    It cannot where the part is not known, unless the condition holds for every address of the space or for none; where
    there is a regex or a value that is not known; and for a kind of condition that is not known.
    """
    if condition.opaque or condition.field not in CONFIGS:
        return None
    if condition.field == "source-ip" and request.address is None:
        return True if takes_all(condition, space) else False if takes_none(condition, space) else None
    return None if is_unknown(condition, request) else holds(condition, request)


def is_unknown(condition: Condition, request: Request) -> bool:
    """Whether the part of the request that the condition looks at is not known."""
    parts = {
        "host-header": request.host,
        "path-pattern": request.path,
        "http-header": request.headers,
        "http-request-method": request.method,
        "source-ip": request.address,
        "query-string": request.query,
    }
    return parts.get(condition.field) is None


def _text_holds(condition: Condition, text: str, fold: bool) -> bool:
    text = text.lower() if fold else text
    for glob in condition.globs:  # a loop, as this is asked for each rule of a listener, many times
        if glob.matches(text):
            return True
    return any(_regex_holds(regex, text, fold) for regex in condition.regexes)


def _regex_holds(regex: str, text: str, fold: bool) -> bool:
    try:
        return re.search(regex, text, re.IGNORECASE if fold else 0) is not None
    except re.error:  # the service knows expressions that Python does not
        return False


def _address_holds(condition: Condition, address: str) -> bool:
    return any(ipaddress.ip_address(address) in ipaddress.ip_network(str(block)) for block in condition.values)


def _parameter_holds(condition: Condition, key: str, value: str) -> bool:
    return any(
        (pair[0] is None or glob_pattern.parse(pair[0], fold=True, escapes=True).matches(key.lower()))
        and glob_pattern.parse(pair[1], fold=True, escapes=True).matches(value.lower())
        for pair in condition.values
        if not isinstance(pair, str)
    )
