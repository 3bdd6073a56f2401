"""The AWS services and operations that the collection's sources can call, read from the sources.

Where the code says whose client it asks, that is taken. Elsewhere an operation is known by its name alone; one that
several services have is named by `ambiguous`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import botocore.session
from botocore import xform_name

ROOT = Path(__file__).parents[1]
FOLDERS = ("lookup", "modules", "module_utils")
# A field of a plan, and no call.
NO_CALLS = {"rotate_secret"}
# Variables and attributes that hold a client have the name of its service, some a shorter one: self.ecr, autoscaling.
CLIENTS = {
    "autoscaling": "application-autoscaling",
    "cloudwatch": "cloudwatch",
    "ec2": "ec2",
    "ecr": "ecr",
    "ecs": "ecs",
    "elb": "elbv2",
    "elbv2": "elbv2",
    "iam": "iam",
    "logs": "logs",
    "route53": "route53",
    "ssm": "ssm",
    "sts": "sts",
}
# Functions that make the client of any service for others, who name it.
MAKERS = ("client", "__call__")
# The HTTP client of the smoke test's route.
NOT_OF_AWS = ("route", "self.route", "plan.route")


@dataclass
class Source:
    """What one file says: the services of its clients, its calls, names that may be calls, clients without a name."""

    services: set[str] = field(default_factory=set)
    calls: set[tuple[str, str]] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    unnamed: list[int] = field(default_factory=list)


class _Reader(ast.NodeVisitor):
    """Walks one file; knows the class and the function that it is in, and which variables hold a client."""

    def __init__(self) -> None:
        self.source = Source()
        self._service = ""
        self._function = ""
        self._held: dict[str, str] = {}

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        outer, self._service = self._service, ""
        for statement in node.body:
            targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
            value = getattr(statement, "value", None)
            if [ast.unparse(one) for one in targets if one] == ["service"] and isinstance(value, ast.Constant):
                self._service = str(value.value)
                self.source.services.add(self._service)
        self.generic_visit(node)
        self._service = outer

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        outer, self._function, held = self._function, node.name, dict(self._held)
        self.generic_visit(node)
        self._function, self._held = outer, held

    def visit_Assign(self, node: ast.Assign) -> None:
        self.generic_visit(node)
        (target,) = node.targets[:1]
        pairs = [(target, node.value)]
        if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
            pairs = list(zip(target.elts, node.value.elts, strict=True))
        for name, value in pairs:
            if isinstance(name, ast.Name):
                self._held[name.id] = self._client(value)

    def visit_Call(self, node: ast.Call) -> None:
        if isinstance(node.func, ast.Attribute) and node.func.attr == "get_paginator":
            service, (operation, *_) = self._client(node.func.value), node.args
            if service and isinstance(operation, ast.Constant):
                self.source.calls.add((service, str(operation.value)))
                self.visit(node.func.value)
                return
        if self._makes_client(node):
            named = self._client(node)
            self.source.services |= {named} - {""}
            if node.args and not isinstance(node.args[0], ast.Constant) and self._function not in MAKERS:
                self.source.unnamed.append(node.lineno)
        self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if service := self._client(node.value):
            self.source.calls.add((service, node.attr))
        else:
            self.source.names.add(node.attr)
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str):
            self.source.names.add(node.value)

    @staticmethod
    def _makes_client(node: ast.AST) -> bool:
        if not isinstance(node, ast.Call):
            return False
        if isinstance(node.func, ast.Attribute):
            return node.func.attr == "client" and ast.unparse(node.func.value) not in NOT_OF_AWS
        return isinstance(node.func, ast.Name) and node.func.id == "client"

    def _client(self, node: ast.AST) -> str:
        """The service of the client that an expression is; empty where the expression does not show it."""
        if isinstance(node, ast.Name):
            return self._held.get(node.id) or CLIENTS.get(node.id, "")
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "self":
            return CLIENTS.get(node.attr, "")
        if not isinstance(node, ast.Call) or not self._makes_client(node):
            return ""
        if node.args:
            return str(node.args[0].value) if isinstance(node.args[0], ast.Constant) else ""
        return self._service if ast.unparse(node.func) == "self.client" else ""


def read(text: str) -> Source:
    """What the text of a file says."""
    reader = _Reader()
    reader.visit(ast.parse(text))
    return reader.source


@cache
def sources() -> dict[str, Source]:
    """The collection's files that run in a module or a lookup, by their path."""
    paths = [path for folder in FOLDERS for path in sorted((ROOT / "plugins" / folder).rglob("*.py"))]
    return {str(path.relative_to(ROOT)): read(path.read_text()) for path in paths}


@cache
def operations(service: str) -> dict[str, str]:
    """The operations of a service by their Python names."""
    model = botocore.session.get_session().get_service_model(service)
    return {xform_name(name): name for name in model.operation_names}


def services(found: dict[str, Source]) -> set[str]:
    """The services that the files make a client of."""
    return {service for source in found.values() for service in source.services}


def called(found: dict[str, Source]) -> set[tuple[str, str]]:
    """(service, operation) of all calls that the files can make, without those that `ambiguous` names."""
    calls = set()
    for source in found.values():
        calls |= {(service, name) for service, name in source.calls if name in operations(service)}
        for name in source.names - NO_CALLS:
            having = _having(found, name)
            calls |= {(service, name) for service in having if len(having) == 1}
    return {(service, operations(service)[name]) for service, name in calls}


def ambiguous(found: dict[str, Source]) -> Iterator[str]:
    """Operations of several services, each with its file, where the code does not show whose it is."""
    for path, source in found.items():
        for name in sorted(source.names - NO_CALLS):
            if len(having := _having(found, name)) > 1:
                yield f"{path}: {name} of {', '.join(sorted(having))}"


def _having(found: dict[str, Source], name: str) -> set[str]:
    return {service for service in services(found) if name in operations(service)}
