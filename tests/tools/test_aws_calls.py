"""Every call to AWS is waited for in one way, and it is decided for each write whether it may be sent again."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache

import pytest
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.writes import ONCE, READS, REPEATABLE

from tests.aws_calls import FOLDERS, NO_CALLS, ROOT, called, operations, services, sources

# These make a function wait: the decorators of _core/calls.py, and the reader of the stack, which applies one.
WAITING = ("aws_call", "retried", "self.topic")
# Attributes that hold a client class of the collection, whose methods wait, and no boto3 client.
OWN_CLIENTS = ("self.calls", "calls", "self._calls", "store")
MAKES_A_CALL = ("get_paginator", "get_waiter")


@cache
def names() -> frozenset[str]:
    """The Python names of every operation that the collection could call."""
    return frozenset(
        {name for service in services(sources()) for name in operations(service)} - NO_CALLS | {*MAKES_A_CALL}
    )


def is_waiting(node: ast.AST) -> bool:
    """Whether an expression is a decorator that waits, or a call of one."""
    while isinstance(node, ast.Call):
        node = node.func
    return ast.unparse(node) in WAITING


class File(ast.NodeVisitor):
    """The calls to AWS of a file that no decorator waits for, by function, and where each function is used."""

    def __init__(self) -> None:
        self.bare: dict[str, list[int]] = {}
        self.used_bare: dict[str, set[str]] = {}
        self.waiting: set[str] = set()
        self.functions: set[str] = set()
        self._inside = "(module)"
        self._waits = False

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        outer, waits = self._inside, self._waits
        name = f"self.{node.name}" if [argument.arg for argument in node.args.args][:1] == ["self"] else node.name
        self.functions.add(name)
        if any(map(is_waiting, node.decorator_list)):
            self.waiting.add(name)
        self._inside, self._waits = name, name in self.waiting
        for part in node.body:
            self.visit(part)
        self._inside, self._waits = outer, waits

    def visit_Call(self, node: ast.Call) -> None:
        waits, self._waits = self._waits, self._waits or is_waiting(node.func)
        self.generic_visit(node)
        self._waits = waits

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if node.attr in names() and ast.unparse(node.value) not in OWN_CLIENTS and not self._waits:
            self.bare.setdefault(self._inside, []).append(node.lineno)
        self._use(ast.unparse(node))
        self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> None:
        self._use(node.id)

    def _use(self, name: str) -> None:
        if not self._waits:
            self.used_bare.setdefault(name, set()).add(self._inside)

    def unwaited(self) -> Iterator[int]:
        """The lines of calls that are reached without a decorator: of a helper, when one of its users does."""
        for function, lines in self.bare.items():
            if self._is_reached(function, frozenset()):
                yield from lines

    def _is_reached(self, function: str, seen: frozenset[str]) -> bool:
        if function in self.waiting or function in seen:
            return False
        is_private = function.startswith(("_", "self._")) and function in self.functions
        return not is_private or any(
            self._is_reached(user, seen | {function}) for user in self.used_bare.get(function, ())
        )


def unwaited(text: str) -> list[int]:
    """The lines of a file whose calls to AWS nothing waits for."""
    file = File()
    file.visit(ast.parse(text))
    return sorted(file.unwaited())


def test_every_call_is_waited_for() -> None:
    found = []
    for folder in FOLDERS:
        for path in sorted((ROOT / "plugins" / folder).rglob("*.py")):
            found += [f"{path.relative_to(ROOT)}:{line}" for line in unwaited(path.read_text())]
    assert found == [], "decorate the function with aws_call() or retried() of _core/calls.py"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("def f(ecs):\n    ecs.list_tasks()", [2]),
        ("@aws_call('x')\ndef f(ecs):\n    ecs.list_tasks()", []),
        ("def f(ecs):\n    return retried()(ecs.list_tasks)()", []),
        ("def f(ecs):\n    self.topic('x', lambda: ecs.list_tasks())", []),
        ("def _f(ecs):\n    ecs.list_tasks()\n@aws_call('x')\ndef g(ecs):\n    _f(ecs)", []),
        ("def _f(ecs):\n    ecs.list_tasks()\ndef g(ecs):\n    _f(ecs)", [2]),
        ("@AWSRetry.jittered_backoff()\ndef f(ecs):\n    ecs.get_paginator('list_tasks')", [3]),
    ],
)
def test_a_call_that_is_not_is_found(text: str, lines: list[int]) -> None:
    assert unwaited(text) == lines


def test_every_write_is_decided_and_no_other_is_listed() -> None:
    """ "PutParameter of ssm" and the like: may it be sent again when its answer was lost?"""
    writes = {(service, name) for service, name in called(sources()) if not name.startswith(READS)}
    decided = [(service, name) for table in (REPEATABLE, ONCE) for service, names in table.items() for name in names]
    assert sorted(writes - {*decided}) == [], "add it to a table of plugins/module_utils/_core/writes.py"
    assert sorted({*decided} - writes) == [], "no call of this name"
    assert len(decided) == len({*decided}), "in both tables"
    assert all(why for table in (REPEATABLE, ONCE) for names in table.values() for why in names.values())
