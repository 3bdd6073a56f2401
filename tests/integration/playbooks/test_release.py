"""Evidence and rollback with the real playbooks, and a small server instead of the route."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from tests import ecr_images
from tests.iam_resources import Resources
from tests.integration.modules import mcp_stub

if TYPE_CHECKING:
    from conftest import Play, Run, State

    from sandbox.emulator.control_plane import ControlPlane

SERVICE = "sales-prod-mcp-server-production"
FOLDER = f"/quilt/{SERVICE}/releases"
SECRET = "sales-prod/mcp-server/jwt"
# A catalog that calls itself, its users and its keys otherwise than the roles' defaults.
CATALOG = {
    "mcp_server_jwt_issuer": "https://catalog.example",
    "mcp_server_jwt_audience": "the-mcp-server",
    "smoke_kid": "catalog-2026",
}


@pytest.fixture
def run(routed_play: Play) -> Play:
    return routed_play


@pytest.fixture
def evidence(client: Callable[[str], Any]) -> Callable[[], dict[int, dict[str, Any]]]:
    """The documents in the parameter store, by release."""

    def read() -> dict[int, dict[str, Any]]:
        pages = client("ssm").get_paginator("get_parameters_by_path").paginate(Path=FOLDER)
        found = [json.loads(parameter["Value"]) for page in pages for parameter in page["Parameters"]]
        return {document["release"]: document for document in found}

    return read


def service_of(client: Callable[[str], Any]) -> dict[str, Any]:
    found = client("ecs").describe_services(cluster="sales-prod", services=[SERVICE], include=["TAGS"])["services"]
    return dict(found[0])


def runs(client: Callable[[str], Any]) -> int:
    """The release that runs."""
    return int(service_of(client)["taskDefinition"].rpartition(":")[2])


def page(shown: Run) -> str:
    """What an operator reads."""
    return "\n".join(result["text"] for task in shown.tasks if "text" in (result := task["result"]))


def test_evidence_is_kept_of_what_was_proven_and_only_once(
    deployed: State, run: Play, route: mcp_stub.Stub, client: Callable[[str], Any], evidence: Any, aws: ControlPlane
) -> None:
    """One scenario, because a deployment takes a while: each step begins where the last one ended."""
    key, route.key = route.key, "another key, with which no user can have signed anything"
    failed = run("verify.yml")
    assert failed.status != 0
    assert evidence() == {}

    route.key = key
    first = run("verify.yml")
    assert first.status == 0, first.failures
    service = service_of(client)
    release = runs(client)
    (published,) = first.results("verification | Publish the URL and the release")
    data = {"quilt_mcp_release": {"sandbox": {"url": route.url, "release": release}}}
    assert published["ansible_stats"] == {"data": data, "per_host": False, "aggregate": True}
    assert Resources(aws).unnamed() == []
    document = evidence()[release]
    assert document["task_definition_arn"] == service["taskDefinition"]
    assert document["deployment_id"] == service["deployments"][0]["id"]
    assert document["url"] == route.url
    assert document["rule"]["priority"] == 102
    assert {"field": "path-pattern", "values": ["/mcp", "/mcp/*"]} in document["rule"]["conditions"]
    assert [check["name"] for check in document["checks"] if not check["ok"]] == []
    assert len(document["checks"]) > 4
    assert set(document["secrets"]) == {"QUILT_MCP_JWT_KEYS"}
    assert route.key not in json.dumps(document)
    assert document["actor"].startswith("arn:aws:")
    assert document["collection_version"] == "1.0.0"
    definition = client("ecs").describe_task_definition(taskDefinition=service["taskDefinition"], include=["TAGS"])
    found = {tag["key"]: tag["value"] for tag in definition["tags"]}
    assert (found["quilt:release"], found["quilt:proven"]) == (str(release), document["time"])
    # The tasks of the next release start with them.
    assert [tag["key"] for tag in service["tags"]] == ["quilt:deployment"]

    again = run("site.yml")
    assert (again.status, again.stats["changed"], again.writes) == (0, 0, []), again.failures

    kept = run("destroy.yml", mcp_server_retain=["releases"])
    assert kept.status == 0, kept.failures
    assert set(evidence()) == {release}
    client("ssm").put_parameter(Name=f"{FOLDER}/999", Value='{"release": 999}', Type="String")
    assert run("destroy.yml").status == 0
    assert set(evidence()) == {999}, "somebody else's stays"


def test_back_to_what_was_proven_and_what_an_operator_reads_about_it(
    deployed: State, run: Play, client: Callable[[str], Any], evidence: Any
) -> None:
    """One scenario, because a deployment takes a while: each step begins where the last one ended."""
    assert run("verify.yml").status == 0
    good = runs(client)
    assert run("deploy.yml", mcp_server_log_level="debug").status == 0
    bad = runs(client)
    assert bad == good + 1
    # A new revision takes over no tag that says that it was proven.
    newer = client("ecs").describe_task_definition(taskDefinition="quilt-mcp-server", include=["TAGS"])
    assert {tag["key"] for tag in newer["tags"]} == {"quilt:deployment"}

    refused = run("rollback.yml", rollback_release=bad)
    assert (refused.status != 0, refused.writes) == (True, [])
    (message,) = refused.failures
    assert f"release {bad} was never proven; proven are {good}" in message

    planned = run("rollback.yml", "--check")
    assert (planned.status, planned.writes) == (0, []), planned.failures
    assert f"to     {good}  proven 2" in page(planned)

    back = run("rollback.yml")
    assert back.status == 0, back.failures
    assert runs(client) == good
    assert evidence()[good]["deployment_id"] == service_of(client)["deployments"][0]["id"]

    again = run("rollback.yml")
    assert (again.status, again.stats["changed"], again.writes) == (0, 0, []), again.failures
    assert runs(client) == good

    quiet = run("drift.yml")
    assert (quiet.status, quiet.writes) == (0, []), quiet.failures
    assert f"Rolled back to {good}: {bad} is the latest revision" in page(quiet)

    # A release of this deployment that never ran: what runs may be the bad one.
    ecs = client("ecs")
    theirs = ecs.describe_task_definition(taskDefinition=f"quilt-mcp-server:{good}")["taskDefinition"]
    taken = ("family", "containerDefinitions", "cpu", "memory", "networkMode", "volumes", "requiresCompatibilities")
    roles = ("executionRoleArn", "taskRoleArn")
    copied = {key: theirs[key] for key in (*taken, *roles)}
    own = [{"key": "quilt:deployment", "value": SERVICE}]
    hotfix = ecs.register_task_definition(**copied, tags=own)["taskDefinition"]
    unclear = run("rollback.yml")
    assert (unclear.status != 0, unclear.writes) == (True, [])
    assert f"name the release to run, -e rollback_release={good}" in unclear.failures[0]
    ecs.deregister_task_definition(taskDefinition=hotfix["taskDefinitionArn"])

    # Somebody else deploys, and changes what is the deployment's.
    ecs.register_task_definition(**copied)
    ecs.update_service(cluster="sales-prod", service=SERVICE, taskDefinition="quilt-mcp-server")
    client("logs").put_retention_policy(logGroupName="/ecs/mcp-server-production", retentionInDays=7)
    drifted = run("drift.yml")
    assert (drifted.status != 0, drifted.writes) == (True, [])
    text = page(drifted)
    assert f"Somebody else deployed quilt-mcp-server:{runs(client)}, which is no release of this deployment." in text
    assert "retention_in_days  has 7  wants 30" in text
    assert "task_definition" not in text

    shown = run("status.yml")
    assert (shown.status, shown.writes) == (0, []), shown.failures
    assert f"! release {runs(client)} was deployed by somebody else" in page(shown)


def test_the_image_of_a_rollback_never_expires(run: Play, client: Callable[[str], Any]) -> None:
    ecr, name = client("ecr"), "quilt-mcp-server"
    ecr.create_repository(repositoryName=name, tags=[{"Key": "quilt:deployment", "Value": SERVICE}])
    good, bad = (ecr_images.push(ecr, name, "amd64", tag, content=tag) for tag in ("v1", "v2"))

    def marked() -> list[str]:
        images = ecr.list_images(repositoryName=name)["imageIds"]
        return [one["imageDigest"] for one in images if one["imageTag"].startswith("in-use-")]

    given = {"image_source": "prebuilt", "image_uri": f"850787717197.dkr.ecr.us-east-1.amazonaws.com/{name}:v1"}
    for playbook in ("deploy.yml", "verify.yml"):
        assert run(playbook, **given).status == 0
    assert run("deploy.yml", **{**given, "image_uri": given["image_uri"].replace("v1", "v2")}).status == 0
    assert marked() == [bad]
    back = run("rollback.yml", **given)
    assert back.status == 0, back.failures
    writes = [write for write in back.writes if write.startswith(("ecr:", "ecs:Update"))]
    assert writes == ["ecr:PutImage", "ecs:UpdateService", "ecr:BatchDeleteImage"]
    assert marked() == [good]


def test_the_smoke_test_is_a_user_of_the_catalog_that_the_server_trusts(
    deployed: State, run: Play, route: mcp_stub.Stub, client: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = json.dumps({CATALOG["smoke_kid"]: mcp_stub.KEY})
    client("secretsmanager").put_secret_value(SecretId=SECRET, SecretString=keys)
    monkeypatch.setattr(route, "key", mcp_stub.KEY)
    monkeypatch.setattr(route, "issuer", CATALOG["mcp_server_jwt_issuer"])
    monkeypatch.setattr(route, "audience", CATALOG["mcp_server_jwt_audience"])
    proven = run("verify.yml", **CATALOG)
    assert proven.status == 0, proven.failures
