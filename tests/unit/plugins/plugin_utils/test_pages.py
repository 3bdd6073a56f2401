from __future__ import annotations

import pytest
from ansible_collections.quilt.mcp_server.plugins.plugin_utils import pages

DIGEST = "sha256:8d1f0c5f6b3a" + "0" * 52
IMAGE = f"1.dkr.ecr.us-east-1.amazonaws.com/quilt-mcp-server@{DIGEST}"
PROVEN = {
    "release": 12,
    "time": "2026-11-22T14:20:59Z",
    "image": IMAGE,
    "checks": [{"name": "a", "ok": True}],
    "actor": "arn:aws:sts::1:assumed-role/deployer/ci",
}
RUNNING = {
    "release": 12,
    "proven": "2026-11-22T14:20:59Z",
    "is_own": True,
    "image": IMAGE,
    "rollout_state": "COMPLETED",
    "deployed_at": "2026-11-22T14:19:00Z",
    "desired_count": 1,
    "running_count": 1,
    "pending_count": 0,
    "rule": {
        "priority": 102,
        "conditions": [{"values": ["demo.quiltdata.com"]}, {"values": ["/mcp", "/mcp/*"]}],
        "weights": {"arn": 1},
    },
    "secrets": {"KEYS": "7", "OTHER": ""},
    "tasks": [
        {
            "id": "5f0c9a11ffff",
            "release": 12,
            "status": "RUNNING",
            "health": "HEALTHY",
            "zone": "us-east-1a",
            "address": "10.0.3.17",
            "started_at": "2026-11-22T14:19:00Z",
        }
    ],
    "targets": [{"address": "10.0.3.17:8000", "state": "healthy", "reason": ""}],
}


def status(releases=(PROVEN,), scaling=(), **running):
    found = {"name": "mcp", "url": "https://demo/mcp", "releases": releases, "scaling": scaling}
    return pages.status({**found, "running": {**RUNNING, **running}})


def test_the_page_of_a_service_that_is_well():
    assert status() == (
        "mcp\n"
        "\n"
        "  Release   12, proven 2026-11-22 14:20 UTC\n"
        "  Service   1 of 1 running, deployment completed, begun 2026-11-22 14:19 UTC\n"
        "  Image     quilt-mcp-server@sha256:8d1f0c5f6b3a\n"
        "  Route     demo.quiltdata.com /mcp, /mcp/* at priority 102\n"
        "  Scaling   off\n"
        "  Secrets   KEYS 7\n"
        "            OTHER not pinned\n"
        "  URL       https://demo/mcp\n"
        "\n"
        "  Task      release  status   health   target   address    zone        since\n"
        "  5f0c9a11  12       running  healthy  healthy  10.0.3.17  us-east-1a  2026-11-22 14:19 UTC\n"
        "\n"
        "  Proven                release     image                                 checks  by\n"
        "  2026-11-22 14:20 UTC  12 <- runs  quilt-mcp-server@sha256:8d1f0c5f6b3a  1 of 1  assumed-role/deployer/ci"
    )


def test_capacity_providers_are_shown_and_a_launch_type_is_not():
    shown = status(capacity="FARGATE (base 1, weight 1), FARGATE_SPOT (weight 3)")
    assert "  Capacity  FARGATE (base 1, weight 1), FARGATE_SPOT (weight 3)\n" in shown
    assert "Capacity" not in status(capacity="FARGATE")


@pytest.mark.parametrize(
    ("running", "concern"),
    [
        ({"proven": ""}, "! release 12 was never proven: playbooks/verify.yml proves it"),
        ({"is_own": False, "registered_by": "arn:x"}, "! release 12 was deployed by somebody else by arn:x"),
        ({"rollout_state": "IN_PROGRESS"}, "! a deployment is under way, or failed"),
        ({"running_count": 0}, "! 1 task(s) are missing"),
        ({"rule": {}}, "! no listener rule leads to the service"),
        (
            {"targets": [{"address": "10.0.3.17:8000", "state": "unhealthy", "reason": "Health checks failed"}]},
            "! target 10.0.3.17:8000 is unhealthy: Health checks failed",
        ),
        ({"release": 11}, "! release 12 was proven last, and does not run"),
    ],
)
def test_what_needs_a_look_stands_at_the_end(running, concern):
    assert concern in status(**running).splitlines()[-1]


def test_a_target_without_a_task_is_shown():
    draining = {"address": "10.0.4.9:8000", "state": "draining", "reason": ""}
    assert "draining  10.0.4.9" in status(targets=[*RUNNING["targets"], draining])


@pytest.mark.parametrize(
    ("scaling", "said"),
    [
        (None, "unknown, it may not be read"),
        ([], "off"),
        ([{"min_capacity": 1, "max_capacity": 4, "policies": [{"policy_name": "mcp-cpu"}]}], "1 to 4 tasks, by cpu"),
        (
            [{"min_capacity": 0, "max_capacity": 4, "suspended_state": {"a": True}, "scheduled_actions": [{}]}],
            "0 to 4 tasks, 1 scheduled, suspended",
        ),
    ],
)
def test_the_scaling(scaling, said):
    assert f"  Scaling   {said}\n" in status(scaling=scaling)


def test_nothing_runs():
    page = pages.status({"name": "mcp", "url": "", "running": {}, "releases": [PROVEN], "scaling": []})
    assert "Nothing is deployed: there is no active service." in page
    assert "2026-11-22 14:20 UTC  12       quilt" in page


def test_only_the_latest_releases_are_shown():
    many = [{**PROVEN, "release": number} for number in range(12, 4, -1)]
    assert status(releases=many).endswith("  and 3 more")


def test_where_a_rollback_goes():
    target = {"release": 12, "image": IMAGE, "already": False, "reason": "it was asked for"}
    choice = {"running": {**RUNNING, "release": 13, "proven": ""}, "releases": [PROVEN], "rollback": target}
    assert pages.rollback(choice, "mcp").splitlines() == [
        "mcp goes back",
        "",
        "  from   13  never proven                 quilt-mcp-server@sha256:8d1f0c5f6b3a",
        "  to     12  proven 2026-11-22 14:20 UTC  quilt-mcp-server@sha256:8d1f0c5f6b3a",
        "  why    it was asked for",
    ]
    older = {**choice, "releases": [{**PROVEN, "secrets": {"KEYS": "6", "OTHER": ""}}]}
    assert pages.rollback(older, "mcp").splitlines()[4] == "  with   KEYS 6, now it is 7"
    again = {**choice, "rollback": {**target, "already": True}}
    assert "from" not in pages.rollback(again, "mcp")


def test_drift():
    fields = [{"field": "retention_in_days", "has": 7, "wants": 30}, {"field": "tags", "has": None, "wants": "x" * 99}]
    found = {"drift": True, "deployment": "", "fields": [{"what": "Keep the log group", "fields": fields}]}
    assert pages.drift({**found, "expected": ["It scales."]}, "mcp").splitlines() == [
        "mcp has drifted",
        "",
        "  Not as the inventory says",
        "    Keep the log group",
        "      retention_in_days  has 7        wants 30",
        f"      tags               has nothing  wants {'x' * 57}...",
        "",
        "  Right as it is",
        "    It scales.",
        "",
        "  playbooks/site.yml deploys what the inventory says",
    ]
    unproven = pages.drift({**found, "deployment": "It was never proven.", "expected": []}, "mcp")
    assert unproven.endswith("\n  playbooks/rollback.yml returns to what was proven last")
    assert pages.drift({"drift": False, "deployment": "", "fields": [], "expected": []}, "mcp") == "mcp has not drifted"
