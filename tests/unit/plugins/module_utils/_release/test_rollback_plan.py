from __future__ import annotations

import pytest
from ansible_collections.quilt.mcp_server.plugins.module_utils._release.rollback_plan import choose


def evidence(*releases):
    """In the order in which they were proven."""
    return {n: {"release": n, "time": f"2026-11-22T{at:02}:00:00Z"} for at, n in enumerate(releases)}


@pytest.mark.parametrize(
    ("wanted", "proven", "runs", "latest", "chosen", "already"),
    [
        pytest.param("last", (11, 12, 13), 13, 13, 12, False, id="the one before what runs"),
        pytest.param("last", (11, 12), 13, 13, 12, False, id="what runs was never proven"),
        pytest.param("last", (11, 12, 13, 11), 14, 14, 11, False, id="the time counts: 13 was left for 11"),
        pytest.param("last", (11, 13, 12), 12, 13, 12, True, id="asked for twice"),
        pytest.param("last", (11, 12), 12, 13, 12, True, id="cut short after the deployment"),
        pytest.param("12", (11, 12, 13), 13, 13, 12, False, id="a named one"),
        pytest.param("11", (11, 13, 12), 12, 13, 11, False, id="a named one, further back"),
        pytest.param("13", (11, 13, 12), 12, 13, 13, False, id="a named one, forward"),
        pytest.param("13", (12, 13), 13, 13, 13, True, id="a named one that runs"),
    ],
)
def test_where_it_goes(wanted, proven, runs, latest, chosen, already):
    choice = choose(wanted, evidence(*proven), {"release": runs}, latest, moved_back=already)
    assert choice.problems == ()
    assert (choice.evidence["release"], choice.already) == (chosen, already)
    assert choice.reason


@pytest.mark.parametrize(
    ("wanted", "proven", "runs", "problem"),
    [
        pytest.param("last", (), 13, "no release but 13, which runs, was ever proven", id="nothing was proven"),
        pytest.param("last", (13,), 13, "no release but 13, which runs, was ever proven", id="only what runs"),
        pytest.param("9", (11, 12), 12, "release 9 was never proven; proven are 12, 11", id="an unknown one"),
        pytest.param("9", (), 12, "release 9 was never proven; proven are none", id="none is known"),
        pytest.param("v12", (12,), 13, "rollback_release is 'v12'", id="no number"),
        pytest.param("last", (12,), None, "there is no active service", id="nothing runs"),
    ],
)
def test_why_it_cannot(wanted, proven, runs, problem):
    choice = choose(wanted, evidence(*proven), {"release": runs} if runs else {}, runs)
    assert choice.evidence == {}
    assert problem in choice.problems[0].line()


@pytest.mark.parametrize(
    ("proven", "command"),
    [
        pytest.param((11, 12), "-e rollback_release=11 (11 was proven last before it)", id="another was proven"),
        pytest.param((12,), "-e rollback_release=12 (no other was ever proven)", id="no other"),
    ],
)
def test_what_runs_may_be_the_bad_one(proven, command):
    """12 runs and was proven; 13 was registered and not deployed, or ECS rolled it back."""
    choice = choose("last", evidence(*proven), {"release": 12}, 13)
    assert choice.evidence == {}
    (problem,) = choice.problems
    assert command in problem.remedy and "-e rollback_release=12 proves 12 again" in problem.remedy
