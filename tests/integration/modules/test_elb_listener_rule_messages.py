"""Messages for the operator: every refusal names the conflicting rule, and docs/listener-rule.md has the same text."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.quilt.mcp_server.plugins.plugin_utils.rules import conditions

from tests.integration.modules.listener_rule import FIXED, MCP, Document, camel, fixed, host, path

PAGE = (Path(__file__).parents[3] / "docs" / "listener-rule.md").read_text()
BALANCER: Document = {"load_balancer": "sales-prod-alb", "port": 443}
MINE: Document = {**BALANCER, "name": "sales-prod-mcp-server-production", "conditions": MCP, "actions": [fixed()]}

Run = Callable[..., Document]
Foreign = Callable[..., str]
Scenario = Callable[[Foreign, Run], Document]


def squashed(text: str) -> str:
    """With one space for any white space, and without what differs from run to run: the ids in the ARNs."""
    text = re.sub(r"/app/sales-prod-alb/[0-9a-f/]+", "/app/sales-prod-alb/...", text)
    return " ".join(text.split())


def unreachable(foreign: Foreign, run: Run) -> Document:
    foreign(50, host("*.quiltdata.com"))
    return run()


def together(foreign: Foreign, run: Run) -> Document:
    foreign(50, path("/mcp"))
    foreign(60, path("/mcp/*"))
    return run(priority=70)


def shadowing(foreign: Foreign, run: Run) -> Document:
    foreign(310, *MCP[:1], path("/mcp/admin"))
    return run(priority=250)


def no_gap(foreign: Foreign, run: Run) -> Document:
    foreign(300, *MCP[:1], path("/mcp/admin"))
    foreign(301, *MCP[:1], path("/mcp*"))
    return run()


def full(foreign: Foreign, run: Run) -> Document:
    foreign(131, host("one.quiltdata.com"))
    foreign(132, host("two.quiltdata.com"))
    return run(priority_floor=131, priority_ceiling=132)


def taken(foreign: Foreign, run: Run) -> Document:
    foreign(210, host("one.quiltdata.com"), path("/docs/*"))
    return run(priority=210)


def twin(foreign: Foreign, run: Run) -> Document:
    foreign(300, *MCP)
    return run()


def owned_twin(foreign: Foreign, run: Run) -> Document:
    foreign(300, *MCP, tags={"quilt:rule": "somebody-else"})
    return run(adopt=True)


def other_owner(foreign: Foreign, run: Run) -> Document:
    foreign(300, *MCP, tags={"quilt:rule": str(MINE["name"]), "quilt:deployment": "sales-prod-other"})
    return run(require_tags={"quilt:deployment": "sales-prod-mcp-server-production"})


def doubled(foreign: Foreign, run: Run) -> Document:
    for number in (110, 120):
        foreign(number, path(f"/{number}"), tags={"quilt:rule": str(MINE["name"])})
    return run(check=True)


REFUSALS: dict[str, tuple[Scenario, list[str]]] = {
    "unreachable": (unreachable, ["priority 50:", "https://demo.quiltdata.com/mcp", "allow_below_floor=true"]),
    "together": (together, ["priority 50:", "priority 60:", "https://demo.quiltdata.com/mcp/", "on_unreachable=warn"]),
    "shadowing": (shadowing, ["priority 310:", "https://demo.quiltdata.com/mcp/admin", "on_shadowing=warn"]),
    "no gap": (no_gap, ["priority 300:", "priority 301:", "on_unreachable=warn", "on_shadowing=warn", "no gap"]),
    "full": (full, ["priority 131:", "priority 132:", "https://one.quiltdata.com/", "priority_ceiling"]),
    "taken": (taken, ["priority 210:", "path-pattern /docs/*", "https://one.quiltdata.com/docs/", "leave it out"]),
    "twin": (twin, ["priority 300:", "https://demo.quiltdata.com/mcp", "adopt=true"]),
    "owned twin": (owned_twin, ["priority 300:", "quilt:rule=somebody-else", "change the conditions"]),
    "other owner": (other_owner, ["priority 300:", "quilt:deployment=sales-prod-other", "require_tags"]),
    "doubled": (doubled, ["priority 110:", "priority 120:", "remove all but one"]),
}


@pytest.fixture
def foreign(client: Callable[[str], Any]) -> Foreign:
    """foreign(priority, *conditions, tags={}): a rule of somebody else on the shared listener, as its ARN."""
    elb = client("elbv2")
    balancer = elb.describe_load_balancers(Names=["sales-prod-alb"])["LoadBalancers"][0]["LoadBalancerArn"]
    listeners = elb.describe_listeners(LoadBalancerArn=balancer)["Listeners"]
    arn = next(one["ListenerArn"] for one in listeners if one["Port"] == 443)

    def make(priority: int, *conditions: Document, tags: Document | None = None) -> str:
        given = {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]} if tags else {}
        made = [camel(condition) for condition in conditions]
        rule = elb.create_rule(ListenerArn=arn, Priority=priority, Conditions=made, Actions=[FIXED], **given)
        return str(rule["Rules"][0]["RuleArn"])

    return make


@pytest.mark.parametrize("name", REFUSALS)
def test_a_refusal_says_what_stands_in_the_way_and_what_would_help(
    foreign: Foreign, run_module: Run, name: str
) -> None:
    scenario, parts = REFUSALS[name]
    arns: list[str] = []

    def remembered(*given: Any, **more: Any) -> str:
        arns.append(foreign(*given, **more))
        return arns[-1]

    def run(check: bool = False, **more: Any) -> Document:
        return run_module("elb_listener_rule", check, **{**MINE, **more})

    result = scenario(remembered, run)
    assert result["failed"] and not result["writes"]
    assert set(arns) <= set(result["arns"]) and "arn:" not in result["msg"]
    for part in (*(arn.rpartition(":")[2] for arn in arns), *parts):
        assert part in result["msg"], result["msg"]
    lines = [line.partition(": ")[0].partition(" to ")[0] for line in result["msg"].splitlines()]
    assert lines == ["Refused", "Found", "Reason", "Remedy"], result["msg"]
    assert squashed(result["msg"]) in squashed(PAGE), squashed(result["msg"])


def blocks(language: str) -> list[str]:
    """The fenced blocks of the page."""
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def test_the_examples_of_the_page_run_and_answer_what_it_says(foreign: Foreign, run_module: Run) -> None:
    foreign(700, *MCP[:1], path("/reports/*"))
    shown: list[str] = []
    loaded = [yaml.safe_load(block) for block in blocks("yaml")]
    for inventory in (one for one in loaded if isinstance(one, dict)):
        assert [*conditions.problems(inventory)] == [] and conditions.count(inventory) == 2
    for task in (task for one in loaded if isinstance(one, list) for task in one):
        ((module, parameters),) = ((key, value) for key, value in task.items() if key != "name")
        result = run_module(module.rpartition(".")[2], **parameters)
        assert not result.get("failed"), result
        if "explanation" in result:
            shown.append(result["explanation"]["text"])
            shown += [reason for one in result["explanation"]["passed_over"] for reason in one["because"]]
        shown += [one["why"] for one in result.get("never_reached", [])]
        shown += [f"priority {result['priority']}, {result['placement']['reason']}"] if "placement" in result else []
    assert len(shown) > 5
    for text in shown:
        assert squashed(text) in squashed(PAGE), squashed(text)
