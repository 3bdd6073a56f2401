"""Which rule takes a request: an Application Load Balancer's comparisons. Pure.

Facts that could not be checked against AWS itself: paths and query strings are compared as they stand in the URL,
without decoding; regular expressions are searched for, without an implied anchor, and ignore case for hosts and
headers as the glob patterns do.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

Condition = dict[str, Any]


@dataclass(frozen=True)
class Request:
    """What conditions look at. `host` is the Host header, `query` the text after `?`, both as the client sent them."""

    method: str
    host: str
    path: str
    query: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    source_ip: str = "127.0.0.1"

    @property
    def host_name(self) -> str:
        """The host without its port, which no condition sees."""
        name = self.host.rsplit("]", 1)[0] + "]" if self.host.startswith("[") else self.host.partition(":")[0]
        return name


class HasConditions(Protocol):
    """A listener rule: the default rule has no conditions."""

    conditions: list[Condition]


def first_match[AnyRule: HasConditions](rules: Iterable[AnyRule], request: Request) -> AnyRule | None:
    """The first of the rules, given in the order of evaluation, whose conditions are all met."""
    return next((rule for rule in rules if all(matches(condition, request) for condition in rule.conditions)), None)


def matches(condition: Condition, request: Request) -> bool:
    """Is one of the condition's values met? Conditions of unknown fields are never met."""
    test = _TESTS.get(condition["Field"])
    return test is not None and test(condition, request)


def glob(pattern: str, text: str, *, ignore_case: bool = False, escapes: bool = False) -> bool:
    """Does the whole text match? `*` is any number of characters, `/` among them, `?` exactly one.

    `escapes`: a backslash makes the next character literal (query strings only).
    """
    return bool(_compiled(pattern, ignore_case, escapes).fullmatch(text))


@lru_cache(maxsize=4096)
def _compiled(pattern: str, ignore_case: bool, escapes: bool) -> re.Pattern[str]:
    parts = []
    characters = iter(pattern)
    for character in characters:
        if character == "\\" and escapes:
            parts.append(re.escape(next(characters, "\\")))
        else:
            parts.append({"*": ".*", "?": "."}.get(character) or re.escape(character))
    return re.compile("".join(parts), re.DOTALL | (re.IGNORECASE if ignore_case else 0))


@lru_cache(maxsize=1024)
def _regex(pattern: str, ignore_case: bool) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE if ignore_case else 0)


def _text(config: Condition, text: str, ignore_case: bool) -> bool:
    if regexes := config.get("RegexValues"):
        return any(_regex(regex, ignore_case).search(text) for regex in regexes)
    return any(glob(value, text, ignore_case=ignore_case) for value in config.get("Values") or [])


def _host(condition: Condition, request: Request) -> bool:
    return _text(condition.get("HostHeaderConfig") or condition, request.host_name, ignore_case=True)


def _path(condition: Condition, request: Request) -> bool:
    return _text(condition.get("PathPatternConfig") or condition, request.path, ignore_case=False)


def _header(condition: Condition, request: Request) -> bool:
    """AWS: of a header that is there several times, any may match."""
    config = condition["HttpHeaderConfig"]
    wanted = config["HttpHeaderName"].lower()
    return any(_text(config, value, ignore_case=True) for name, value in request.headers if name.lower() == wanted)


def _method(condition: Condition, request: Request) -> bool:
    return request.method in condition["HttpRequestMethodConfig"]["Values"]


def _query(condition: Condition, request: Request) -> bool:
    """One key/value pair of the query string must match one pair of the condition; a pair without a key, any key."""
    given = [part.partition("=")[::2] for part in request.query.split("&") if part]
    return any(_pair(wanted, pair) for wanted in condition["QueryStringConfig"]["Values"] for pair in given)


def _pair(wanted: Condition, pair: Sequence[str]) -> bool:
    key = wanted.get("Key")
    if key and not glob(key, pair[0], ignore_case=True, escapes=True):
        return False
    return glob(wanted["Value"], pair[1], ignore_case=True, escapes=True)


def _source_ip(condition: Condition, request: Request) -> bool:
    """AWS: the address of the connection, never one of X-Forwarded-For."""
    address = ipaddress.ip_address(request.source_ip)
    networks = (ipaddress.ip_network(value, strict=False) for value in condition["SourceIpConfig"]["Values"])
    return any(address.version == network.version and address in network for network in networks)


_TESTS: dict[str, Callable[[Condition, Request], bool]] = {
    "host-header": _host,
    "path-pattern": _path,
    "http-header": _header,
    "http-request-method": _method,
    "query-string": _query,
    "source-ip": _source_ip,
}
