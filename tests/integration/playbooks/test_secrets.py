"""A rotated secret is rolled out by the next run, and only its version ids are ever shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conftest import Play

SECRET = "sales-prod/mcp-server/jwt"
SERVICE = "sales-prod-mcp-server-production"
FLAG = "arn:aws:ssm:us-east-1:850787717197:parameter/app/flag"


def running(client: Callable[[str], Any]) -> tuple[int, dict[str, str], dict[str, str]]:
    """What the service runs: the revision, the container's secrets, its labels."""
    ecs = client("ecs")
    (service,) = ecs.describe_services(cluster="sales-prod", services=[SERVICE])["services"]
    definition = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"]
    (container,) = definition["containerDefinitions"]
    secrets = {one["name"]: one["valueFrom"] for one in container["secrets"]}
    return definition["revision"], secrets, container.get("dockerLabels", {})


def rotate(client: Callable[[str], Any]) -> str:
    answer = client("secretsmanager").put_secret_value(SecretId=SECRET, SecretString='{"kid": "a-rotated-key"}')
    return str(answer["VersionId"])


def test_rotated_secrets_are_one_new_revision_that_is_rolled_out(play: Play, client: Callable[[str], Any]) -> None:
    manager, ssm = client("secretsmanager"), client("ssm")
    more = manager.create_secret(Name="app/more", SecretString='{"key": "x"}')
    ssm.put_parameter(Name="/app/flag", Value="first-flag", Type="SecureString")
    given = {"mcp_server_secrets": {"MORE": f"{more['ARN']}:key::", "FLAG": FLAG}}
    described = manager.describe_secret(SecretId=SECRET)
    (first,) = described["VersionIdsToStages"]
    assert play("deploy.yml", **given).status == 0
    revision, secrets, labels = running(client)
    assert secrets == {
        "QUILT_MCP_JWT_KEYS": f"{described['ARN']}:::{first}",
        "MORE": f"{more['ARN']}:key::{more['VersionId']}",
        "FLAG": FLAG,
    }
    assert labels == {"quilt.secret.FLAG": "1"}
    policy = client("iam").get_role_policy(RoleName=f"{SERVICE}-execution", PolicyName="quilt-mcp-server")
    allowed = {one["Sid"]: one["Resource"] for one in policy["PolicyDocument"]["Statement"]}
    assert sorted(allowed["ReadSecrets"]) == sorted([described["ARN"], more["ARN"]])
    assert allowed["ReadParameters"] == [FLAG]

    second = manager.put_secret_value(SecretId=SECRET, SecretString='{"kid": "second-key"}')["VersionId"]
    ssm.put_parameter(Name="/app/flag", Value="second-flag", Type="SecureString", Overwrite=True)
    foreseen = play("deploy.yml", "--check", "--diff", **given)
    assert foreseen.status == 0, foreseen.failures
    assert foreseen.writes == []
    (result,) = foreseen.results("Ensure the task definition is registered")
    assert first in str(result["diff"]["before"])
    assert second in str(result["diff"]["after"])

    rolled = play("deploy.yml", "--diff", **given)
    assert rolled.status == 0, rolled.failures
    assert rolled.writes == ["ecs:RegisterTaskDefinition", "ecs:UpdateService"]
    secrets["QUILT_MCP_JWT_KEYS"] = f"{described['ARN']}:::{second}"
    assert running(client) == (revision + 1, secrets, {"quilt.secret.FLAG": "2"})
    for value in ("second-key", "first-flag", "second-flag"):
        assert value not in str(foreseen.tasks) + str(rolled.tasks)
    read = {call.operation for call in foreseen.calls + rolled.calls if call.service in ("secretsmanager", "ssm")}
    assert read == {"DescribeSecret", "DescribeParameters"}

    settled = play("deploy.yml", **given)
    assert (settled.status, settled.stats["changed"], settled.writes) == (0, 0, [])


def test_a_secret_that_is_to_be_deleted_is_refused_before_any_write(play: Play, client: Callable[[str], Any]) -> None:
    client("secretsmanager").delete_secret(SecretId=SECRET)
    run = play("deploy.yml", mcp_server_secrets={"FLAG": FLAG})
    (message,) = [result["msg"] for result in run.results("Verify the shared stack") if "msg" in result]
    assert f"secret '{SECRET}': it is scheduled for deletion, so no task could start; restore it" in message
    assert f"parameter '{FLAG.rpartition(':')[2]}': not found, so no task could start" in message
    assert run.writes == []


def test_a_secret_by_its_name_alone_is_a_fault_of_the_inventory(play: Play) -> None:
    run = play("deploy.yml", mcp_server_secrets={"GOOD": FLAG, "BAD": "app/more"})
    (message,) = run.failures
    assert "mcp_server_secrets: wanted ARNs of Secrets Manager secrets" in message
    assert run.calls == []
