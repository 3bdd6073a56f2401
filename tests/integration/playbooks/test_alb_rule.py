"""The role alb_rule among rules of other owners: what its inputs allow, and what it never changes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Play

NAME = "sales-prod-mcp-server-production"
FIXED = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}
ABSENT = """
- hosts: mcp_servers
  gather_facts: false
  module_defaults:
    group/quilt.mcp_server.aws: "{{ mcp_server_aws }}"
  tasks:
    - ansible.builtin.include_role: {name: quilt.mcp_server.stack, tasks_from: removal}
    - ansible.builtin.include_role: {name: quilt.mcp_server.alb_rule, tasks_from: absent}
      vars:
        alb_rule_listener_arn: "{{ stack_exports.stack.listener_arn }}"
"""


class Others:
    """The deployers of other rules on the shared listener."""

    def __init__(self, elb: Any) -> None:
        self.elb = elb
        balancer = elb.describe_load_balancers(Names=["sales-prod-alb"])["LoadBalancers"][0]
        self.balancer = balancer["LoadBalancerArn"]
        listeners = elb.describe_listeners(LoadBalancerArn=self.balancer)["Listeners"]
        self.listener = next(one["ListenerArn"] for one in listeners if one["Port"] == 443)

    def rule(self, priority: int, hosts: list[str], paths: list[str], **tags: str) -> str:
        values = {"HostHeaderConfig": ("host-header", hosts), "PathPatternConfig": ("path-pattern", paths)}
        conditions = [{"Field": kind, name: {"Values": given}} for name, (kind, given) in values.items()]
        named = {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]} if tags else {}
        made = self.elb.create_rule(
            ListenerArn=self.listener, Priority=priority, Conditions=conditions, Actions=[FIXED], **named
        )
        return str(made["Rules"][0]["RuleArn"])

    def priorities(self) -> dict[str, str]:
        return {
            rule["RuleArn"]: rule["Priority"] for rule in self.elb.describe_rules(ListenerArn=self.listener)["Rules"]
        }


@pytest.fixture
def others(client: Callable[[str], Any]) -> Others:
    return Others(client("elbv2"))


def test_a_rule_below_the_floor_of_a_kubernetes_balancer(role_play: Play, others: Others) -> None:
    """Each refusal names the input's option; with the input it goes on."""
    others.rule(50, ["*.quiltdata.com"], ["/*"])
    others.elb.add_tags(ResourceArns=[others.balancer], Tags=[{"Key": "elbv2.k8s.aws/cluster", "Value": "c"}])
    late = role_play("alb_rule")
    assert late.status and "allow_below_floor=true, which takes 49" in str(late.failures)
    owned = role_play("alb_rule", alb_rule_allow_below_floor=True)
    assert owned.status and "force=true" in str(owned.failures)
    forced = role_play("alb_rule", alb_rule_allow_below_floor=True, alb_rule_force=True)
    assert forced.status == 0, forced.failures
    assert "49" in others.priorities().values()


def test_the_role_alone_shows_no_value_of_a_header(role_play: Play, others: Others) -> None:
    """With its check of the inputs, which no playbook makes, and when the module fails."""
    secret = "Zq7HeaderOfTheCdn"
    header = {"field": "http-header", "http_header_name": "X-Origin-Verify", "values": [secret]}
    options = "-vvv", "--diff"
    made = role_play("alb_rule", *options, alb_rule_conditions=[header])
    assert made.status == 0 and secret not in made.output, made.failures
    others.rule(50, ["*.quiltdata.com"], ["/*"])
    for conditions in ([header], [{**header, "field": "query-string"}], [{**header, "values": [secret, "x" * 200]}]):
        late = role_play("alb_rule", *options, alb_rule_conditions=conditions)
        assert late.status and secret not in late.output, late.failures


def test_a_rule_is_adopted_and_its_weights_are_left_alone(role_play: Play, others: Others) -> None:
    arn = others.rule(300, ["demo.quiltdata.com"], ["/mcp", "/mcp/*"])
    refused = role_play("alb_rule")
    assert refused.status and arn.rpartition(":")[2] in str(refused.failures) and "adopt=true" in str(refused.failures)
    adopted = role_play("alb_rule", alb_rule_adopt=True, alb_rule_delegate_weights=True)
    assert adopted.status == 0, adopted.failures
    assert others.priorities()[arn] == "300"
    (tags,) = others.elb.describe_tags(ResourceArns=[arn])["TagDescriptions"]
    assert {"Key": "quilt:deployment", "Value": NAME} in tags["Tags"]
    assert role_play("alb_rule", alb_rule_delegate_weights=True).stats["changed"] == 0


def test_a_rule_of_the_name_and_another_deployment_stays(
    play: Play, role_play: Play, others: Others, tmp_path: Path
) -> None:
    arn = others.rule(300, ["x.quiltdata.com"], ["/x"], **{"quilt:rule": NAME, "quilt:deployment": "another"})
    before = others.priorities()
    run = role_play("alb_rule")
    assert (
        run.status and arn.rpartition(":")[2] in str(run.failures) and "quilt:deployment=another" in str(run.failures)
    )
    absent = tmp_path / "absent.yml"
    absent.write_text(ABSENT)
    run = play(absent)
    assert run.status and arn.rpartition(":")[2] in str(run.failures) and run.writes == []
    assert others.priorities() == before
