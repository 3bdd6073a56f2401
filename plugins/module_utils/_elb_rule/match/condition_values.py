# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.
"""The values that AWS takes in a condition, by their characters, and what was probably meant by others. Pure.

Sources: "Condition types for listener rules" (Elastic Load Balancing User Guide for Application Load Balancers) and
HttpHeaderConditionConfig, QueryStringKeyValuePair (its API reference). What the page is not clear about is let pass.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ..._core.problem import Problem
from ..._elb.fingerprints import fingerprint
from .conditions import Condition


@dataclass(frozen=True)
class Alphabet:
    """The characters of the values of a field: as an expression for one of them, and for people."""

    character: str
    text: str


ALPHABETS = {
    "host-header": Alphabet(r"[A-Za-z0-9.*?-]", "a host has letters, digits, - and ., and the wildcards * and ?"),
    "path-pattern": Alphabet(
        r"[A-Za-z0-9_.$/~\"'@:+&*?-]",
        "a path has letters, digits and _ - . $ / ~ \" ' @ : + &, and the wildcards * and ?",
    ),
    "http-header": Alphabet(r"[ -~]", "a header has printable ASCII characters"),
    "http-request-method": Alphabet(r"[A-Z_-]", "a method has capital letters, - and _"),
    "query-string": Alphabet(r"[ -~]", "a query string has printable ASCII characters"),
}
HEADER_NAME = Alphabet(r"[A-Za-z0-9!#$%&'*+.^_`|~-]", "a header name has letters, digits and the signs of RFC 9110")


def value_problems(condition: Condition) -> Iterator[Problem]:
    """Yield a problem for each value of a condition that AWS never takes."""
    if condition.name:
        yield from _alphabet_problems("http_header_name", condition.name, HEADER_NAME)
    alphabet = ALPHABETS.get(condition.field)
    for value in condition.values if alphabet else ():
        for part in (value,) if isinstance(value, str) else value:
            if part is not None and alphabet:
                yield from _alphabet_problems(condition.field, part, alphabet, condition.secret)
        if condition.field == "host-header" and isinstance(value, str) and "." not in value:
            yield Problem(
                f"host-header {value}", "a host has at least one .", "write the whole name, such as demo.example.com"
            )


def host_problems(host: str) -> Iterator[Problem]:
    """Yield a problem for each reason why a host cannot be a value of host-header."""
    yield from value_problems(Condition("host-header", (host,)))


def path_problems(path: str) -> Iterator[Problem]:
    """Yield a problem for each reason why a path cannot be a value of path-pattern."""
    yield from value_problems(Condition("path-pattern", (path,)))


def _alphabet_problems(field: str, value: str, alphabet: Alphabet, secret: bool = False) -> Iterator[Problem]:
    wrong = dict.fromkeys(sign for sign in value if not re.match(alphabet.character, sign))
    if wrong:
        yield Problem(
            f"{field} {fingerprint(value) if secret else value} has {' '.join(_shown(sign) for sign in wrong)}",
            alphabet.text,
            _meant(field, value) or "write it without them",
        )


def _meant(field: str, value: str) -> str:
    """What to write for a value that means something which is written elsewhere, or otherwise."""
    if field == "http-request-method" and value.upper() != value:
        return f"write {value.upper()}"
    if field == "path-pattern":
        path, question_mark, query = value.partition("?")
        if question_mark and "=" in query:
            return f"a query string is a condition of its own, query-string; the path is {path}"
        if not value.isascii():
            return f"write a wildcard in its place, such as {re.sub('[^ -~]+', '*', value)}"
    if field == "host-header":
        return _meant_host(value)
    return ""


def _meant_host(value: str) -> str:
    scheme, separator, rest = value.rpartition("://")
    if separator:
        return f"write the host alone, without {scheme}://: {re.split('[:/]', rest)[0]}"
    host, colon, port = value.partition(":")
    if colon and port.isdigit():
        return f"write {host}: the listener has the port"
    if "/" in value:
        return "write the host alone: a path is a condition of its own, path-pattern"
    if not value.isascii():
        try:
            return f"write it as DNS does: {value.encode('idna').decode()}"
        except UnicodeError:
            return "write it as DNS does, in the form that begins with xn--"
    return ""


def _shown(sign: str) -> str:
    return repr(sign) if sign.isspace() or not sign.isprintable() else sign
