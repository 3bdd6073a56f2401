"""The shared tests cover every resource: kinds and modules are found in the code."""

from __future__ import annotations

import ast
import re

import botocore.session
import pytest
import yaml

from tests import kinds
from tests.kinds import ROOT, Kind, Resource, every_kind

FILES = ("tests/kinds", "tests/integration/modules")


def shared_tests() -> set[str]:
    """The tests that are made from the registry, and their files: what `exempt` may name."""
    found = set()
    for path in (path for folder in FILES for path in (ROOT / folder).glob("test_*.py")):
        source = path.read_text()
        if "from tests.kinds import" in source:
            names = [node.name for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
            found |= {path.stem, *(name for name in names if name.startswith("test_"))}
    return found


def test_every_resource_is_run_by_a_module_that_has_a_file_here() -> None:
    here = {kind.resource for kind in every_kind().values()}
    forgotten = sorted(f"{one.__module__}.{one.__name__}" for one in kinds.all_resources() - here)
    assert forgotten == [], "write tests/kinds/<module>.py"


def test_every_module_that_runs_a_resource_has_a_file_here() -> None:
    running = {name for name, module in kinds.modules().items() if kinds.resources_of(module)}
    assert sorted(running - {*every_kind()}) == [], "write tests/kinds/<module>.py"
    assert sorted({*every_kind()} - running) == [], "no such module runs a resource"


def test_module_defaults_reach_every_module_that_asks_aws_and_no_other() -> None:
    """Outside of the action group a module would have no region and no profile."""
    group = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text())["action_groups"]["aws"]
    asking = {name for name, module in kinds.modules().items() if kinds.asks_aws(module)}
    listed = {name for name in group if isinstance(name, str)}
    assert sorted(asking - listed) == [], "name it in action_groups of meta/runtime.yml"
    assert sorted(listed - asking) == [], "it makes no AWS call"


@pytest.mark.parametrize("kind", every_kind().values(), ids=every_kind())
class TestFile:
    """What a file of this folder says is so."""

    def test_it_is_named_as_its_module(self, kind: Kind) -> None:
        assert every_kind()[kind.module] is kind

    def test_what_it_is_exempt_from_exists_and_has_a_reason(self, kind: Kind) -> None:
        assert {*kind.exempt} <= shared_tests()
        assert all(kind.exempt.values())

    def test_its_parameters_are_options_of_the_module(self, kind: Kind) -> None:
        options = {*kind.code.ARGUMENTS}
        given = {*kind.identity, *kind.full, *kind.changes, *kind.clear, *(kind.replace or {})}
        assert given <= options

    def test_every_argument_is_documented_and_what_all_resources_share_is_too(self, kind: Kind) -> None:
        documentation = yaml.safe_load(kind.code.DOCUMENTATION)
        assert {*documentation["options"]} == {*kind.code.ARGUMENTS}
        fragments = {"quilt.mcp_server.resource", "quilt.mcp_server.connection"}
        assert fragments - {*documentation["extends_documentation_fragment"]} == set(), "add it to the documentation"
        assert kind.result_key in yaml.safe_load(kind.code.RETURN)

    def test_a_conflict_that_its_service_documents_is_described(self, kind: Kind) -> None:
        service = botocore.session.get_session().get_service_model(kind.resource.service)
        operations = {kind.create_operation, kind.delete_operation} & {*service.operation_names}
        errors = {error.name for name in operations for error in service.operation_model(name).error_shapes}
        documented = sorted(name for name in errors if re.match("Concurrent|OperationAborted", name))
        assert kind.conflict or documented == [], "say in `conflict` how it is waited for"

    def test_it_says_how_it_is_replaced_when_the_module_offers_that(self, kind: Kind) -> None:
        fragments = yaml.safe_load(kind.code.DOCUMENTATION)["extends_documentation_fragment"]
        assert (kind.replace is not None) == ("quilt.mcp_server.replaceable" in fragments)
        assert {*(kind.replace or {})} <= {*kind.resource.fields}


def test_a_resource_in_a_new_place_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    class Forgotten(Resource):
        check_parameters = read = plan = apply = read_back = None

    Forgotten.__module__ = f"{kinds.COLLECTION}.plugins.module_utils._forgotten"
    assert Forgotten in kinds.all_resources()
    module = every_kind()["cloudwatch_log_group"].code
    monkeypatch.setattr(module, "Forgotten", Forgotten, raising=False)
    assert Forgotten in kinds.resources_of(module)
    Forgotten.__module__ = __name__  # a class outlives its function
