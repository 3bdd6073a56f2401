"""The guarantees of every resource module, tested for each of them against the AWS APIs of the sandbox."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import botocore.endpoint
import pytest
from ansible_collections.amazon.aws.plugins.module_utils import cloud
from ansible_collections.quilt.mcp_server.plugins.module_utils._core import reconciler

from sandbox.emulator.control_plane import ControlPlane
from sandbox.emulator.snapshot import Snapshot
from tests.kinds import AWS_TAGS, Kind, parametrize

TRIES = 6
OWN = {"quilt:deployment": "sales-prod-mcp-server-production"}
Result = dict[str, Any]
Run = Callable[..., Result]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    parametrize(metafunc)


@pytest.fixture
def given(kind: Kind, client: Callable[[str], Any]) -> dict[str, Any]:
    """The full parameters; what they need is in the account."""
    return {**kind.identity, **kind.full, **kind.prepare(client)}


@pytest.fixture
def run(kind: Kind, given: dict[str, Any], run_module: Run) -> Run:
    """run(check=False, **parameters): the module with its full parameters."""

    def run(check: bool = False, **parameters: Any) -> Result:
        return run_module(kind.module, check, **{**given, "require_tags": OWN, **parameters})

    return run


def changed_fields(result: Result) -> set[str]:
    before, after = result["diff"]["before"], result["diff"]["after"]
    return {key for key in {*before, *after} if before.get(key) != after.get(key)}


def own(kind: Kind) -> dict[str, str]:
    """The tags that a run sets."""
    return {**OWN, **kind.own_tags}


def a_change(kind: Kind) -> dict[str, Any]:
    return dict([next(iter(kind.changes.items()))])


def test_a_second_run_is_no_change(kind: Kind, run: Run) -> None:
    first = run()
    assert first["changed"], first
    assert first[kind.result_key]["tags"] == own(kind)
    second = run()
    assert not second["changed"] and second["writes"] == [] and changed_fields(second) == set()
    assert second[kind.result_key] == first[kind.result_key]


def test_check_mode_returns_what_the_run_will_return(kind: Kind, run: Run) -> None:
    predicted = run(check=True)
    assert predicted["changed"] and predicted["writes"] == []
    real = run()
    assert predicted["diff"] == real["diff"]
    assert predicted[kind.result_key].keys() == real[kind.result_key].keys()
    differs = {key for key, value in real[kind.result_key].items() if predicted[kind.result_key][key] != value}
    assert differs <= kind.unpredictable
    converged = run(check=True)
    assert (
        not converged["changed"] and converged["writes"] == [] and converged[kind.result_key] == real[kind.result_key]
    )


def test_every_change_is_named_and_made_once(kind: Kind, run: Run) -> None:
    for name, value in {**kind.changes, **kind.clear}.items():
        run()
        checked = run(check=True, **{name: value})
        assert checked["changed"] and checked["writes"] == [] and changed_fields(checked) == {name}
        real = run(**{name: value})
        assert real["changed"] and real["diff"] == checked["diff"] and real["writes"] != []
        assert not run(**{name: value})["changed"]


def test_unset_is_left_alone(kind: Kind, given: dict[str, Any], run_module: Run, run: Run) -> None:
    run()
    result = run_module(kind.module, **kind.identity, **{name: given[name] for name in kind.required})
    assert not result["changed"] and result["writes"] == []


def test_tags_of_others_stay(kind: Kind, run: Run) -> None:
    run(tags={"cost-centre": "42"})
    assert run(tags={"team": "data"})[kind.result_key]["tags"] == {**own(kind), "cost-centre": "42", "team": "data"}
    assert not run()["changed"]
    assert run(tags={}, purge_tags=True)[kind.result_key]["tags"] == own(kind)


def test_tags_of_aws_stay_and_are_never_sent(aws: ControlPlane, kind: Kind, run: Run) -> None:
    kind.tag(aws.platform(kind.resource.service), run()[kind.result_key], AWS_TAGS)
    assert not run()["changed"]
    name, value = next(iter(kind.changes.items()))
    result = run(**{name: value}, tags={"team": "data"}, purge_tags=True)
    assert not result.get("failed"), result["msg"]
    # A new revision is a new resource; AWS's tags are not for the module to set.
    kept = {} if kind.whole else AWS_TAGS
    assert result[kind.result_key]["tags"] == {**own(kind), "team": "data", **kept}
    assert not run(**{name: value})["changed"]


@pytest.mark.parametrize("state", ["present", "absent"])
def test_a_tag_that_only_aws_may_set_is_refused_before_any_call(kind: Kind, run: Run, state: str) -> None:
    result = run(state=state, tags={"AWS:team": "data", "quilt:deployment": "other"})
    assert "Found: the key AWS:team\nReason: keys that begin with aws:" in result["msg"]
    assert "tags and require_tags disagree about quilt:deployment" in result["msg"]
    assert result["calls"] == []


def test_wrong_tags_and_a_wrong_parameter_are_said_in_one_message(run_module: Run) -> None:
    result = run_module("cloudwatch_log_group", log_group_name="/x", retention_in_days=31, tags={"aws:x": "1"})
    assert "Found: the key aws:x\nReason: keys that begin with aws:" in result["msg"]
    assert "Found: retention_in_days is 31\n" in result["msg"]
    assert result["calls"] == []


@pytest.mark.parametrize("state", ["present", "absent"])
def test_what_is_not_own_is_refused_by_name(kind: Kind, run: Run, state: str) -> None:
    run(require_tags={}, tags={"quilt:deployment": "somebody-else"})
    name, value = next(iter(kind.changes.items()))
    for check in (True, False):
        result = run(check, state=state, **{name: value})
        assert result["failed"] and result["writes"] == []
        assert "somebody-else" in result["msg"] and next(iter(kind.identity.values())) in result["msg"]


def test_absent_leaves_what_is_not_own_where_that_is_asked(kind: Kind, run: Run) -> None:
    run(require_tags={}, tags={"quilt:deployment": "somebody-else"})
    for check in (True, False):
        left = run(check, state="absent", leave_foreign=True)
        assert not left.get("failed") and not left["changed"] and left["writes"] == []
    run(state="absent", require_tags={"quilt:deployment": "somebody-else"})
    run()
    assert run(state="absent", leave_foreign=True)["changed"], "own is deleted as ever"


def test_absent_twice(kind: Kind, run: Run) -> None:
    assert not run(check=True, state="absent")["changed"]
    run()
    checked = run(check=True, state="absent")
    assert checked["changed"] and checked["writes"] == [] and checked["diff"]["after"] == {}
    assert run(state="absent")["changed"]
    again = run(state="absent")
    assert not again["changed"] and again["writes"] == [] and again[kind.result_key] == {}


def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pause between two tries."""
    for module in (cloud, botocore.endpoint, reconciler):
        monkeypatch.setattr(module, "time", SimpleNamespace(**vars(time) | {"sleep": lambda seconds: None}))


def test_throttling_is_waited_for(aws: ControlPlane, kind: Kind, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each operation of runs that create, change, tag, untag and delete, once more than botocore itself tries it."""
    at_once(monkeypatch)
    changed = a_change(kind)
    runs = [{}, {**changed, "tags": {"team": "x"}}, {**changed, "tags": {}, "purge_tags": True}, {"state": "absent"}]
    if "test_tags_of_others_stay" in kind.exempt:
        runs.pop(2)
    for parameters in runs:
        before = Snapshot()
        calm = run(**parameters)
        before.restore()
        called = {(call.service, call.operation) for call in calm["calls"]}
        faults = [aws.faults.add(service, operation, "throttle", times=TRIES) for service, operation in called]
        busy = run(**parameters)
        aws.faults.clear()
        assert called
        assert busy["changed"], busy
        assert busy["writes"] != []
        assert [f"{fault.service}:{fault.operation}" for fault in faults if fault.fired < TRIES] == []
        assert any(fault.service == kind.resource.service for fault in faults)


def test_a_run_that_died_at_any_write_is_finished_by_the_next(aws: ControlPlane, kind: Kind, run: Run) -> None:
    empty = Snapshot()
    whole = run()
    assert whole["writes"]
    kept = (*kind.resource.fields, "tags")
    for number, call in enumerate(call for call in whole["calls"] if call.write):
        empty.restore()
        aws.faults.add(call.service, call.operation, "error", code="AccessDeniedException", status=400)
        broken = run()
        assert broken["failed"] and "AccessDenied" in broken["msg"], (number, call.operation)
        repaired = run()
        assert repaired["changed"]
        assert [repaired[kind.result_key][name] for name in kept] == [whole[kind.result_key][name] for name in kept]
        assert not run()["changed"]


# What moto keeps of a resource that is counted up by each write, so that a second write would show.
COUNTED = {"RegisterTaskDefinition"}


@pytest.mark.parametrize("kind_of_fault", ["lost_reply", "bad_gateway"])
def test_a_write_without_an_answer_is_no_failure_and_no_twin(
    aws: ControlPlane, kind: Kind, run: Run, kind_of_fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each write of runs that create, change, tag, untag and delete: what was made is found, and made once.

    lost_reply: it was made. bad_gateway: a 502 came, and it was not.
    """
    at_once(monkeypatch)
    changed = a_change(kind)
    runs = [{}, {**changed, "tags": {"team": "x"}}, {**changed, "tags": {}, "purge_tags": True}, {"state": "absent"}]
    if "test_tags_of_others_stay" in kind.exempt:
        runs.pop(2)
    kept = (*kind.resource.fields, "tags")
    for parameters in runs:
        before = Snapshot()
        calm = run(**parameters)
        operations = {(call.service, call.operation) for call in calm["calls"] if call.write}
        assert operations
        for service, operation in sorted(operations):
            before.restore()
            if kind_of_fault == "lost_reply":
                fault = aws.faults.add(service, operation, "lost_reply")
            else:
                fault = aws.faults.add(service, operation, "error", code="BadGateway", status=502)
            troubled = run(**parameters)
            aws.faults.clear()
            where = (operation, parameters)
            assert fault.fired == 1, where
            assert not troubled.get("failed"), (where, troubled["msg"])
            assert troubled["changed"], where
            shown, wanted = troubled[kind.result_key], calm[kind.result_key]
            assert [shown.get(name) for name in kept] == [wanted.get(name) for name in kept], where
            again = run(**parameters)
            assert not again["changed"] and again["writes"] == [], where
            if operation in COUNTED:
                sent = troubled["writes"].count(operation) - (kind_of_fault == "bad_gateway")
                assert sent == calm["writes"].count(operation), where
                assert shown.get("revision") == wanted.get("revision"), where
