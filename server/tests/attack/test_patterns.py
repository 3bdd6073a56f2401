"""Regular expressions that callers' data reaches: none reads a long text again and again.

Every pattern of the sources is found and given texts that pump each of its repetitions, in the way in which the server
uses it and at the greatest length that it accepts.
"""

import ast
import re
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from mcp.server.mcpserver.exceptions import ToolError

import quilt_mcp_server
from quilt_mcp_server import globs
from quilt_mcp_server.athena import executions, sql
from quilt_mcp_server.auth import principal
from quilt_mcp_server.aws import credentials
from quilt_mcp_server.quilt import locations
from quilt_mcp_server.telemetry import logs
from quilt_mcp_server.tools import objects_read
from quilt_mcp_server.transport import host_header

SOURCES = Path(quilt_mcp_server.__file__).parent
LIMIT = 0.050  # seconds of CPU
HEADER = 65_536  # bytes; more of one request's headers is refused by the web server
ARGUMENT = 1_048_576  # bytes; more of a request's body is refused

Use = Callable[[str], object]
# Each pattern by file and name: how a caller's text reaches it, and the greatest length of that text.
USES: dict[str, tuple[re.Pattern[Any], Use, int]] = {
    "athena/executions.py:_ID": (executions._ID, executions._ID.match, ARGUMENT),
    "athena/sql.py:_QUOTED": (sql._QUOTED, lambda text: sql.read(f'select "{text}"'), sql.MAXIMUM_QUERY - 9),
    "athena/sql.py:_TOKEN": (sql._TOKEN, sql._tokens, sql.MAXIMUM_QUERY),
    "auth/principal.py:_BUCKET": (principal._BUCKET, principal.is_bucket_name, ARGUMENT),
    "aws/credentials.py:_SESSION_NAME": (credentials._SESSION_NAME, credentials.session_name, 8192),
    "aws/credentials.py:_WITH_DIGEST": (credentials._WITH_DIGEST, credentials.session_name, 8192),
    "quilt/locations.py:_DIGITS": (locations._DIGITS, locations._DIGITS.match, ARGUMENT),
    "quilt/locations.py:_PACKAGE": (locations._PACKAGE, locations._PACKAGE.match, ARGUMENT),
    "quilt/locations.py:_TOP_HASH": (locations._TOP_HASH, locations._TOP_HASH.match, ARGUMENT),
    "telemetry/logs.py:_SECRETS": (logs._SECRETS, logs.redact, HEADER),
    "tools/objects_read.py:_TEXT": (objects_read._TEXT, objects_read._TEXT.match, ARGUMENT),
    "transport/host_header.py:_HOST": (
        host_header._HOST,
        lambda text: host_header._HOST.match(text.encode()),
        HEADER,
    ),
    "transport/host_header.py:_ORIGIN": (host_header._ORIGIN, host_header._ORIGIN.match, HEADER),
    "transport/host_header.py:_HEADER_NAME": (host_header._HEADER_NAME, host_header._HEADER_NAME.match, HEADER),
}
# What only the operator's settings reach.
SETTINGS = {"config.py:_HOST", "config.py:_ORIGIN", "config.py:_ROLE_ARN"}
# What runs in a process of its own, whose time is limited.
ELSEWHERE = {"quilt/workflow_check.py:search"}
# What is made of a caller's text: see the tests of the function.
MADE = {"globs.py:compile"}

type Parsed = list[tuple[Any, Any]]


def found() -> Iterator[str]:
    """Every use of the module re: the name that a compiled pattern gets, or the function that is called."""
    for path in sorted(SOURCES.rglob("*.py")):
        tree = ast.parse(path.read_text())
        names = {id(node.value): node.targets[0] for node in ast.walk(tree) if isinstance(node, ast.Assign)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("re."):
                name = names.get(id(node))
                said = ast.unparse(name) if name is not None else ast.unparse(node.func).removeprefix("re.")
                yield f"{path.relative_to(SOURCES)}:{said}"


def test_every_pattern_is_judged() -> None:
    assert sorted(found()) == sorted({*USES, *SETTINGS, *ELSEWHERE, *MADE})


def samples(parsed: Any) -> Iterator[str]:
    """Short texts that each part of a pattern matches: what a repetition of it may repeat."""
    for operation, value in parsed:
        name = str(operation)
        if name == "LITERAL":
            yield chr(value)
        elif name == "NOT_LITERAL":
            yield "~" if value != ord("~") else "a"
        elif name == "IN":
            yield from in_set(value)
        elif name == "ANY":
            yield "~"
        elif name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            yield from samples(value[2])
        elif name in ("SUBPATTERN", "ATOMIC_GROUP", "ASSERT", "ASSERT_NOT"):
            yield from samples(value[-1] if isinstance(value, tuple) else value)
        elif name == "BRANCH":
            for branch in value[1]:
                yield from samples(branch)
                yield "".join(dict.fromkeys(samples(branch)))
        else:
            assert name in ("AT", "CATEGORY", "FAILURE"), name


def in_set(members: list[tuple[Any, Any]]) -> Iterator[str]:
    categories = {"CATEGORY_DIGIT": "1", "CATEGORY_WORD": "a", "CATEGORY_SPACE": " "}
    for operation, value in members:
        if str(operation) == "LITERAL":
            yield chr(value)
        elif str(operation) == "RANGE":
            yield chr(value[0])
        elif str(operation) == "CATEGORY":
            yield categories[str(value)]
        else:
            yield "~"


def pumped(pattern: re.Pattern[Any], most: int) -> Iterator[str]:
    """Texts of the greatest length, each of which pumps one part or two, behind a beginning and before another end."""
    text = pattern.pattern.decode() if isinstance(pattern.pattern, bytes) else pattern.pattern
    parts = [*dict.fromkeys(samples(re._parser.parse(text, pattern.flags & re.VERBOSE)))]
    pumps = [*parts, *(a + b for a in parts[:5] for b in parts[:5] if a != b)]
    for pump in pumps:
        for begin in dict.fromkeys(("", "SELECT ", *parts[:2])):
            for end in ("", "x!"):
                yield f"{begin}{pump * (most // len(pump))}"[: most - len(end)] + end


def seconds(use: Use, text: str) -> float:
    begin = time.process_time()
    with suppress(ToolError):
        use(text)
    return time.process_time() - begin


def worst(use: Use, texts: Iterator[str], most: int) -> tuple[float, str]:
    """The longest time, and its text in short. A slow one is measured again, as anything may interrupt a process."""
    slowest = (0.0, "")
    for text in texts:
        spent = seconds(use, text)
        if spent > LIMIT:
            spent = min(spent, seconds(use, text), seconds(use, text))
        slowest = max(slowest, (spent, f"{text[:30]!r}...{text[-10:]!r}, {len(text)} of {most}"))
        if spent > LIMIT:
            break
    return slowest


@pytest.mark.parametrize("name", USES)
def test_no_text_takes_long(name: str) -> None:
    pattern, use, most = USES[name]
    assert worst(use, pumped(pattern, most), most) < (LIMIT, "")


def test_a_pattern_that_gives_back_is_found() -> None:
    bad = re.compile(r"(?:\d+\.?\d*|\.\d+)(?![A-Za-z0-9_$])")
    assert worst(bad.match, pumped(bad, 10_000), 10_000)[0] > LIMIT


@pytest.mark.parametrize("part", ["*", "a*", "*a", "?*", "[!b]*", "*a?", "*[a-z]", "**", "[a]"])
@pytest.mark.parametrize("end", ["", "b", "[!a]"])
def test_no_glob_takes_long(part: str, end: str) -> None:
    pattern = (part * 200)[: 200 - len(end)] + end
    texts = ("a" * 1024, "ab" * 512, "a" * 1023 + "c", "b" * 1024)
    assert worst(globs.matcher(pattern), iter(texts), 1024) < (LIMIT, "")


@pytest.mark.parametrize("pattern", ["*" * 8000, "*a" * 4000, "?" * 8000, "*?" * 4000, "a*" * 4000 + "b"])
def test_no_pattern_of_a_token_takes_long(pattern: str) -> None:
    texts = ("a" * 63, "ab" * 31, "b" * 63)
    assert worst(lambda text: globs.is_granted(pattern, text), iter(texts), 63) < (LIMIT, "")
