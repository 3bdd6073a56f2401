"""Deploying, again, with interruptions, and destroying: on the control plane, whose ECS settles by itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conftest import Play, State

    from sandbox.emulator.control_plane import ControlPlane

ROOT = Path(__file__).parents[3]
NAME = "sales-prod-mcp-server-production"
AWAIT = f"""
- hosts: mcp_servers
  gather_facts: false
  module_defaults:
    group/quilt.mcp_server.aws: "{{{{ mcp_server_aws }}}}"
  tasks:
    - name: shown
      quilt.mcp_server.ecs_service_deployment: &deployment
        state: continued
        cluster: sales-prod
        service_name: {NAME}
    - name: hidden
      quilt.mcp_server.ecs_service_deployment: *deployment
      no_log: true
"""


def test_a_second_run_changes_and_writes_nothing(deployed: State, play: Play) -> None:
    assert deployed.run.stats["changed"] > 5
    for playbook in ("build.yml", "deploy.yml"):
        second = play(playbook)
        assert second.status == 0, second.failures
        assert second.stats["changed"] == 0
        assert second.writes == []


def test_how_a_wait_goes_is_shown_while_it_lasts(deployed: State, play: Play, tmp_path: Path) -> None:
    (waited,) = deployed.run.results("Ensure the service runs the task definition")
    reported = [line for line in deployed.run.reported if line.startswith("waiting:")]
    assert reported == [f"waiting: [sandbox] {line}" for line in waited["progress"]] and reported

    tasks = tmp_path / "playbooks" / "await.yml"
    tasks.parent.mkdir()
    (tasks.parent / "action_plugins").symlink_to(ROOT / "playbooks" / "action_plugins")
    tasks.write_text(AWAIT)
    run = play(tasks)
    assert run.status == 0, run.failures
    assert [line for line in run.reported if line.startswith("waiting:")] == [
        f"waiting: [sandbox] {line}" for line in run.results("shown")[0]["progress"]
    ], "a task with no_log reports nothing"
    assert run.results("shown")[0]["progress"]


def test_check_mode_of_a_converged_stack_changes_nothing(deployed: State, play: Play) -> None:
    run = play("site.yml", "--check", "--diff")
    assert run.status == 0, run.failures
    changed = [task["name"].rpartition(" : ")[2] for task in run.tasks if task["result"].get("changed")]
    assert changed == ["Ensure the evidence of the release exists"], "only what no smoke test has proven yet"
    assert run.writes == []


DEATHS = [  # each run's faults; a lost reply is one that the run survives
    [("logs", "PutRetentionPolicy", "error")],  # before the retention is set
    [("iam", "PutRolePolicy", "error")],  # between a role and its policy
    [("elbv2", "CreateTargetGroup", "lost_reply"), ("elbv2", "CreateRule", "error")],
    [("ecs", "RegisterTaskDefinition", "error")],
    [("ecs", "CreateService", "lost_reply"), ("elbv2", "ModifyRule", "error")],  # it serves, and is not routed yet
]


def test_a_run_that_dies_is_finished_by_the_next(
    built: State, play: Play, aws: ControlPlane, client: Callable[[str], Any]
) -> None:
    """One scenario: each run continues from what the one before left, and is interrupted later."""
    for deaths in DEATHS:
        faults = [
            aws.faults.add(service, operation, kind, code="AccessDeniedException", status=400, times=1)
            for service, operation, kind in deaths
        ]
        died = play("deploy.yml")
        assert died.status != 0, deaths
        assert [fault.fired for fault in faults] == [1] * len(faults), deaths
        aws.faults.clear()
    finished = play("deploy.yml")
    assert finished.status == 0, finished.failures
    settled = play("deploy.yml")
    assert settled.stats["changed"] == 0, [task["name"] for task in settled.tasks if task["result"].get("changed")]
    # What was asked for twice exists once.
    (group,) = client("elbv2").describe_target_groups(Names=["sales-prod-mcp-server-tg"])["TargetGroups"]
    (balancer,) = group["LoadBalancerArns"]
    assert len(rules_of(client, balancer)) == 1
    services = client("ecs").list_services(cluster="sales-prod")["serviceArns"]
    assert [arn.rpartition("/")[2] for arn in services].count(NAME) == 1


def test_destroy_keeps_what_is_to_be_retained_and_may_be_run_twice(
    deployed: State, play: Play, client: Callable[[str], Any]
) -> None:
    run = play("destroy.yml", mcp_server_retain=["log_group", "repository"])
    assert run.status == 0, run.failures
    assert [found["logGroupName"] for found in own(client)["groups"]] == ["/ecs/mcp-server-production"]
    assert [found["repositoryName"] for found in own(client)["repositories"]] == ["quilt-mcp-server"]
    again = play("destroy.yml", mcp_server_retain=["log_group", "repository"])
    assert (again.status, again.stats["changed"], again.writes) == (0, 0, [])
    everything = play("destroy.yml")
    assert everything.status == 0, everything.failures
    assert own(client) == {"groups": [], "repositories": []}


def test_destroy_waits_for_who_holds_the_security_group(
    role_play: Play, play: Play, aws: ControlPlane, client: Callable[[str], Any]
) -> None:
    """As the interfaces of tasks do that a killed run stopped."""
    assert role_play("alb_rule").status == 0
    held = aws.faults.add("ec2", "DeleteSecurityGroup", "error", code="DependencyViolation", status=400, times=2)
    run = play("destroy.yml")
    assert (run.status, held.fired) == (0, 2), run.failures
    named = [{"Name": "group-name", "Values": ["sales-prod-mcp-server-sg"]}]
    assert client("ec2").describe_security_groups(Filters=named)["SecurityGroups"] == []


def test_destroy_needs_nothing_of_the_stack(play: Play, client: Callable[[str], Any]) -> None:
    """The load balancer was deleted with the deployment's rule on it, the VPC has another name, and the cluster is
    gone.
    """
    ec2, elbv2 = client("ec2"), client("elbv2")
    (vpc,) = ec2.describe_vpcs(Filters=[{"Name": "tag:Name", "Values": ["sales-prod"]}])["Vpcs"]
    own = {"Key": "quilt:deployment", "Value": NAME}
    elbv2.create_target_group(
        Name="sales-prod-mcp-server-tg", Protocol="HTTP", Port=8000, TargetType="ip", VpcId=vpc["VpcId"], Tags=[own]
    )
    specification = {"ResourceType": "security-group", "Tags": [own]}
    ec2.create_security_group(
        GroupName="sales-prod-mcp-server-sg", Description="own", VpcId=vpc["VpcId"], TagSpecifications=[specification]
    )
    ec2.create_tags(Resources=[vpc["VpcId"]], Tags=[{"Key": "Name", "Value": "sales-old"}])
    (balancer,) = elbv2.describe_load_balancers(Names=["sales-prod-alb"])["LoadBalancers"]
    elbv2.delete_load_balancer(LoadBalancerArn=balancer["LoadBalancerArn"])
    client("ecs").delete_cluster(cluster="sales-prod")
    run = play("destroy.yml", stack_minimum_zones=5)
    assert run.status == 0, run.failures
    (found,) = run.results("removal | Look up the listener")
    (warning,) = found["warnings"]
    assert "there is no listener on port 443 of load balancer 'sales-prod-alb'" in warning
    assert sorted(run.writes) == ["ec2:DeleteSecurityGroup", "elbv2:DeleteTargetGroup"]


def test_destroy_of_an_empty_account_changes_nothing_and_needs_no_secret(play: Play) -> None:
    run = play("destroy.yml", mcp_server_jwt_secret="sales-prod/deleted")
    assert (run.status, run.stats["changed"], run.writes) == (0, 0, []), run.failures


def test_destroy_leaves_what_others_gave_the_names(play: Play, client: Callable[[str], Any]) -> None:
    """Not one write: a group, a role, a repository and a log group of these names belong to somebody else."""
    ec2 = client("ec2")
    (vpc,) = ec2.describe_vpcs(Filters=[{"Name": "tag:Name", "Values": ["sales-prod"]}])["Vpcs"]
    ec2.create_security_group(GroupName="sales-prod-mcp-server-sg", Description="theirs", VpcId=vpc["VpcId"])
    client("logs").create_log_group(logGroupName="/ecs/mcp-server-production")
    client("ecr").create_repository(repositoryName="quilt-mcp-server")
    run = play("destroy.yml")
    assert run.writes == []
    assert run.status != 0
    (message,) = run.failures
    assert "ECR repository quilt-mcp-server" in message, "before anything is deleted"
    run = play("destroy.yml", mcp_server_retain=["repository"])
    assert (run.status != 0, run.writes) == (True, [])
    assert "/ecs/mcp-server-production" in run.failures[0]


def rules_of(client: Callable[[str], Any], balancer: str) -> list[dict[str, Any]]:
    """The listener rules that lead to the deployment's target group."""
    elbv2 = client("elbv2")
    listeners = elbv2.describe_listeners(LoadBalancerArn=balancer)["Listeners"]
    found = [rule for one in listeners for rule in elbv2.describe_rules(ListenerArn=one["ListenerArn"])["Rules"]]
    return [rule for rule in found if "sales-prod-mcp-server-tg" in str(rule["Actions"])]


def own(client: Callable[[str], Any]) -> dict[str, list[dict[str, Any]]]:
    """The log group and the repository of the deployment."""
    return {
        "groups": client("logs").describe_log_groups(logGroupNamePrefix="/ecs/mcp-server")["logGroups"],
        "repositories": client("ecr").describe_repositories()["repositories"],
    }
