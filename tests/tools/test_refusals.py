"""Every refusal of the plugins has the shape of _core/problem.py: found, reason and remedy, a line each."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

PLUGINS = Path(__file__).parents[2] / "plugins"
SHAPE = ("module_utils/_core/problem.py", "module_utils/_core/refusal.py")
# A refusal, with how many arguments it has at least; RefusedList is for these two pages alone.
SHAPED = {"AccessError": 2, "Refused": 2, "InvalidParameters": 1, "RefusedList": 2}
PAGES = ("module_utils/_ecr/image_check.py", "module_utils/_stack/plan.py")
# What fails, or ends a search, and refuses nothing.
FAILURES = {
    "CheckFailed": "a check of the smoke test did not hold; _smoke/checks.py prints what was asked and what came",
    "DeploymentFailed": "a deployment that is not what runs, with its evidence; it shortens its own ARNs",
    "LayerNotCached": "never leaves _ecr/image_lookup",
    "LostAnswer": "a Stale of a write that got no answer",
    "Stale": "what was read is no longer true, so it is read and planned again",
    "TooComplex": "never leaves _elb_rule/match",
    "Unreadable": "an error of botocore, for an answer that it cannot read",
    "Unreachable": "a CheckFailed of a server that does not answer",
}
# AnsibleAWSError itself and Ansible's own errors: what AWS answered. By file, with how often.
ANSWERS = {
    "lookup/ecr_password.py": 1,  # the text of an AccessError
    "module_utils/_core/module.py": 1,
    "module_utils/_core/reconciler.py": 1,
    "module_utils/_core/writes.py": 1,
    "module_utils/_ecr/image_client.py": 2,
    "module_utils/_ecr/tags_client.py": 1,
    "module_utils/_elb/client.py": 1,
}
# Calls of fail_json with another text than refusal(): the text of an error, a missing library, checks that failed.
FAIL_JSON = {
    "module_utils/_core/module.py": 2,
    "modules/mcp_smoke_test.py": 3,
    "modules/mcp_token.py": 1,
    "modules/resolve_image.py": 1,
}


def name_of(node: ast.expr) -> str:
    """The last part of a dotted name."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def is_error(name: str, classes: set[str]) -> bool:
    """Whether a call of this name makes an error."""
    return name in classes or (name[:1].isupper() and name.endswith(("Error", "Exception", "Fail")))


def texts(node: ast.expr) -> Iterator[str]:
    """The literal texts that an argument ends with, as far as it has any."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr) and node.values:
        yield from texts(node.values[-1])
    elif isinstance(node, ast.IfExp):
        yield from (*texts(node.body), *texts(node.orelse))


def problems_of(call: ast.Call) -> Iterator[str]:
    """What is wrong with a Problem."""
    names = ["found", "reason", "remedy"][: len(call.args)] + [str(keyword.arg) for keyword in call.keywords]
    if names != ["found", "reason", "remedy"]:
        yield "a Problem is found, reason and remedy, in this order"
    parts = [*call.args, *(keyword.value for keyword in call.keywords)]
    for text in (text for part in parts for text in texts(part)):
        if not text.strip() or re.search(r"(?<! )\.\s*$|\n", text):
            yield f"found, reason and remedy are one line without a full stop: {text!r}"


def is_shaped(node: ast.expr | None) -> bool:
    """Whether a text is made by refusal(), as plugins have it that raise Ansible's own errors."""
    return isinstance(node, ast.Call) and name_of(node.func) == "refusal"


def offenses(file: str, source: str, classes: set[str], functions: set[str]) -> Iterator[str]:
    """What of a file has not the shape, each with its line."""
    counts: Counter[str] = Counter()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            name = name_of(node.exc.func)
            if not is_error(name, classes) and name not in functions:
                yield f"{file}:{node.lineno}: raises {name}, which is no known refusal or failure"
        if not isinstance(node, ast.Call):
            continue
        where, name = f"{file}:{node.lineno}", name_of(node.func)
        if name == "Problem":
            yield from (f"{where}: {text}" for text in problems_of(node))
        elif name in SHAPED:
            if len(node.args) < SHAPED[name] or any(keyword.arg == "message" for keyword in node.keywords):
                yield f"{where}: {name} takes what is refused and its problems, not a message"
            if name == "RefusedList" and file not in PAGES:
                yield f"{where}: RefusedList is for {' and '.join(PAGES)}"
        elif name in ("fail_json", "fail_json_aws"):
            message = next((keyword.value for keyword in node.keywords if keyword.arg == "msg"), None)
            if not is_shaped(message):
                counts["fail_json"] += 1
        elif is_error(name, classes) and name not in FAILURES and not any(map(is_shaped, node.args)):
            counts["error"] += 1
    for what, known in (("error", ANSWERS), ("fail_json", FAIL_JSON)):
        if counts[what] != known.get(file, 0):
            yield f"{file}: {counts[what]} of what has not the shape ({what}), known are {known.get(file, 0)}"


@cache
def sources() -> dict[str, str]:
    """The plugins by path, but for the file that makes the shape."""
    found = {str(path.relative_to(PLUGINS)): path.read_text() for path in sorted(PLUGINS.rglob("*.py"))}
    return {file: source for file, source in found.items() if file not in SHAPE}


@cache
def definitions() -> tuple[set[str], set[str]]:
    """The error classes and the functions that the plugins define."""
    nodes = [node for source in sources().values() for node in ast.walk(ast.parse(source))]
    classes = {"AnsibleAWSError", *SHAPED, *FAILURES}
    kinds = [node for node in nodes if isinstance(node, ast.ClassDef)]
    for _generation in range(3):
        classes |= {kind.name for kind in kinds if any(is_error(name_of(base), classes) for base in kind.bases)}
    return classes, {node.name for node in nodes if isinstance(node, ast.FunctionDef)}


def test_every_refusal_has_the_shape() -> None:
    assert [text for file, source in sources().items() for text in offenses(file, source, *definitions())] == []


def test_every_known_failure_is_there() -> None:
    classes, _functions = definitions()
    assert set(FAILURES) <= classes
    text = "".join(sources().values())
    assert [name for name in (*FAILURES, *SHAPED) if f"{name}(" not in text and name != "TooComplex"] == []


@pytest.mark.parametrize(
    ("line", "offense"),
    [
        ('raise Refused(message="no")', "not a message"),
        ('raise Refused("delete it")', "not a message"),
        ('raise InvalidParameters(message="no")', "not a message"),
        ('raise Refused("delete it", Problem("a", "b"))', "in this order"),
        ('raise Refused("delete it", Problem("a", "b", reason="c"))', "in this order"),
        ('raise Refused("delete it", Problem("a", "b", remedy="c."))', "without a full stop"),
        ('raise Refused("delete it", Problem("a", f"{x}.", "c"))', "without a full stop"),
        ('raise Refused("delete it", Problem("a", "b", ""))', "without a full stop"),
        ('raise AnsibleAWSError(message="no")', "1 of what has not the shape (error)"),
        ('raise ValueError("no")', "1 of what has not the shape (error)"),
        ('raise Mine("no")', "1 of what has not the shape (error)"),
        ('raise unknown("no")', "no known refusal or failure"),
        ('raise RefusedList("deploy it", ["a"])', "RefusedList is for"),
        ('module.fail_json(msg="no")', "1 of what has not the shape (fail_json)"),
    ],
)
def test_another_shape_is_found(line: str, offense: str) -> None:
    classes, functions = definitions()
    (found,) = offenses("modules/new.py", line, {*classes, "Mine"}, functions)
    assert found.startswith("modules/new.py") and offense in found
