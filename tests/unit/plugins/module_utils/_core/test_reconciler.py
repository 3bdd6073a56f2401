"""The engine's order: read, plan, apply, again after a concurrent change; and nothing written in check mode."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.calls import Stale
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.plan import Current, Plan, Reading
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.reconciler import Reconciler, execute
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.refusal import InvalidParameters


class Thing(Reconciler[Reading, Plan]):
    kind, service, result_key, identifier = "thing", "ssm", "thing", "name"
    fields = ("size",)
    computed = ("arn",)
    there: Current | None = None
    stale = 0  # how often a write comes too late

    def __init__(self, module: Any) -> None:
        super().__init__(module)
        self.steps: list[str] = []

    def check_parameters(self) -> None:
        self.refuse_unknown({"size": self.params["size"]})

    def read(self, lost: Any) -> Reading:
        self.steps.append(f"read {len(lost)}")
        return Reading(self.there)

    def plan(self, reading: Reading) -> Plan:
        action: Any = "none" if reading.current else "create"
        return Plan(action, reading.current, after={"size": self.params["size"]}, warnings=("look",))

    def apply(self, run: Any) -> str:
        self.steps.append("apply")
        if self.stale:
            self.stale -= 1
            raise Stale(message="too late")
        return "the answer"

    def read_back(self, run: Any) -> Current | None:
        return Current({"size": self.params["size"]}, {"arn": f"arn of {run.written}"})

    def after_apply(self, run: Any) -> dict[str, Any]:
        return {"written": run.written}


def thing(check_mode: bool = False, **params: Any) -> Thing:
    usual = {"name": "a", "size": 1, "state": "present", "tags": None, "require_tags": {}}
    module = SimpleNamespace(params={**usual, **params}, check_mode=check_mode, warned=[])
    module.warn = module.warned.append
    return Thing(module)


def test_what_the_write_returned_reaches_the_result() -> None:
    one = thing()
    result = execute(one)
    assert one.steps == ["read 0", "apply"]
    assert result["changed"] and result["written"] == "the answer"
    assert result["thing"] == {"size": 1, "arn": "arn of the answer", "tags": {}}
    assert one.module.warned == ["look"]


def test_check_mode_writes_nothing_and_returns_the_same_keys() -> None:
    one = thing(check_mode=True)
    result = execute(one)
    assert one.steps == ["read 0"]
    assert result["thing"] == {"size": 1, "arn": "known-after-apply", "tags": {}}
    assert result.keys() == execute(thing()).keys()


def test_a_plan_that_came_too_late_is_made_again() -> None:
    one = thing()
    one.stale = 2
    assert execute(one)["changed"]
    assert one.steps == ["read 0", "apply", "read 1", "apply", "read 2", "apply"]


def test_in_the_end_it_gives_up() -> None:
    one = thing()
    one.stale = 3
    with pytest.raises(Stale):
        execute(one)
    assert one.steps.count("apply") == Thing.attempts


def test_nothing_is_read_with_parameters_that_cannot_be_right() -> None:
    one = thing(size="known-after-apply", tags={"aws:x": "1"})
    with pytest.raises(InvalidParameters) as refused:
        execute(one)
    assert [line for line in refused.value.message.splitlines() if line.startswith(("Refused", "Found"))] == [
        f"Refused the parameters of {one.label}",
        "Found: the key aws:x",
        "Found: 'known-after-apply' in size",
    ]
    assert one.steps == []
