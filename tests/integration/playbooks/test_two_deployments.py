"""Two deployments of one account share what has no name of its own in each: a family, and IAM, which has no region."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conftest import Play

ROOT = Path(__file__).parents[3]
PRODUCTION = "sales-prod-mcp-server-production"
STAGING_NAME = "sales-prod-mcp-server-staging"
STAGING: dict[str, Any] = {
    "mcp_server_environment": "staging",
    "mcp_server_host": "staging.quiltdata.com",
    "alb_rule_target_group_name": "sales-staging-mcp-server-tg",
    "alb_rule_security_group_name": "sales-staging-mcp-server-sg",
}


def test_two_deployments_of_one_account_leave_each_other_alone(
    play: Play, role_play: Play, client: Callable[[str], Any]
) -> None:
    """One scenario, because a deployment takes a while: each step begins where the last one ended."""
    for deployment in ({}, STAGING):
        first = play("deploy.yml", **deployment)
        assert first.status == 0, first.failures
    again = play("deploy.yml")
    assert (again.status, again.stats["changed"], again.writes) == (0, 0, []), again.failures
    assert owners(client) == {1: PRODUCTION, 2: PRODUCTION.replace("production", "staging")}

    elsewhere = role_play("iam", mcp_server_region="eu-central-1")
    assert (elsewhere.status != 0, elsewhere.writes) == (True, [])
    (message,) = elsewhere.failures
    for kind in ("task", "execution"):
        wanted = "require_tags wants quilt:region=eu-central-1, it has quilt:region=us-east-1"
        assert f"IAM role {PRODUCTION}-{kind}: it exists but is foreign: {wanted}" in message
    assert "IAM has no regions, so a deployment of the same name in another region needs another" in message

    iam = client("iam")
    iam.tag_role(RoleName=f"{PRODUCTION}-task", Tags=[{"Key": "quilt:region", "Value": "eu-central-1"}])
    gone = play("destroy.yml")
    assert gone.status == 0, gone.failures
    assert owners(client) == {2: PRODUCTION.replace("production", "staging")}
    roles = {role["RoleName"] for role in iam.list_roles()["Roles"]}
    assert f"{PRODUCTION}-task" in roles, "that of the deployment in the other region stays"
    assert f"{PRODUCTION}-execution" not in roles


def owners(client: Callable[[str], Any]) -> dict[int, str]:
    """Whose the active revisions of the family are."""
    ecs, found = client("ecs"), {}
    for arn in ecs.list_task_definitions(familyPrefix="quilt-mcp-server")["taskDefinitionArns"]:
        (tag,) = ecs.describe_task_definition(taskDefinition=arn, include=["TAGS"])["tags"]
        found[int(arn.rpartition(":")[2])] = tag["value"]
    return found


TWO_HOSTS = f"""
mcp_servers:
  hosts:
    production:
    staging:
      mcp_server_environment: staging
      mcp_server_host: staging.quiltdata.com
      alb_rule_target_group_name: {STAGING["alb_rule_target_group_name"]}
      alb_rule_security_group_name: {STAGING["alb_rule_security_group_name"]}
  vars:
    ansible_connection: local
    ansible_python_interpreter: "{{{{ ansible_playbook_python }}}}"
"""


def test_two_hosts_of_one_run_are_deployed_for_the_first_time_together(
    play: Play, client: Callable[[str], Any], tmp_path: Path
) -> None:
    """On one load balancer, at the same time: what the one writes is no fault that the other finds."""
    inventory = tmp_path / "inventory"
    shutil.copytree(ROOT / "inventories" / "local", inventory, ignore=shutil.ignore_patterns("hosts.yml"))
    (inventory / "hosts.yml").write_text(TWO_HOSTS)
    first = play("deploy.yml", "-i", str(inventory), "--forks", "2")
    assert first.status == 0, first.failures
    compared = first.results("Verify that nothing of others changed")
    assert [one["compared"] for one in compared] == [True, True]
    services = client("ecs").describe_services(cluster="sales-prod", services=[PRODUCTION, STAGING_NAME])["services"]
    assert sorted(service["serviceName"] for service in services) == sorted([PRODUCTION, STAGING_NAME])
    again = play("deploy.yml", "-i", str(inventory), "--forks", "2")
    assert (again.status, again.writes) == (0, []), again.failures
