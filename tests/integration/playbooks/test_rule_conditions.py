"""Further conditions of the listener rule: who is answered, and that the value of a header is in no output."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ansible.parsing.vault import VaultLib, VaultSecret
from ansible_collections.quilt.mcp_server.plugins.module_utils._elb.fingerprints import fingerprint

from tests.integration.modules import client_certificate
from tests.integration.playbooks.inputs import BLUE_GREEN
from tests.integration.playbooks.served_stack import World

if TYPE_CHECKING:
    from conftest import Play, Run

HEADER = "X-Origin-Verify"
SECRET, NEXT = "Zq7HeaderOfTheCdn", "Zq7HeaderAfterwards"
INVOCATION = {"ANSIBLE_INJECT_INVOCATION": "1"}  # the parameters of each module are in its result
WRITES = ["elbv2:ModifyRule", "elbv2:ModifyRule"]  # of the rule and the test rule


def cdn(*values: str) -> dict[str, Any]:
    return {"alb_rule_conditions": [{"field": "http-header", "http_header_name": HEADER, "values": [*values]}]}


def shows_no_secret(run: Run) -> Run:
    assert "module_args" in run.output
    assert [text for text in (SECRET, NEXT) if text.lower() in run.output.lower()] == []
    return run


def named(run: Run) -> list[str]:
    """The rules for which a run has a warning about the header."""
    results = [one for result in run.results("rules | Ensure the listener rules exist") for one in result["results"]]
    return [one["item"] for one in results if "requires the header" in str(one.get("warnings"))]


def stored(client: Callable[[str], Any]) -> str:
    """What the deployment keeps of its releases, and the task definitions of ECS."""
    ssm, ecs = client("ssm"), client("ecs")
    pages = ssm.get_paginator("get_parameters_by_path").paginate(Path="/", Recursive=True)
    evidence = [one for page in pages for one in page["Parameters"] if "release" in one["Name"]]
    assert evidence
    tags = [ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId=one["Name"]) for one in evidence]
    arns = ecs.list_task_definitions()["taskDefinitionArns"]
    described = [ecs.describe_task_definition(taskDefinition=arn, include=["TAGS"]) for arn in arns]
    return json.dumps([evidence, tags, described], default=str)


def test_the_header_of_a_cdn_is_required_sent_and_shown_nowhere(world: World, client: Callable[[str], Any]) -> None:
    """One scenario, as a deployment takes a while: the first one hides the rule, the next one passes the gate."""
    run = shows_no_secret(world.play("deploy.yml", "-vvv", "--diff", env=INVOCATION, release="one", **cdn(SECRET)))
    assert run.status == 0, run.failures
    assert fingerprint(SECRET) in run.output
    verified = shows_no_secret(world.play("verify.yml", "-vvv", env=INVOCATION, release="one", **cdn(SECRET)))
    assert verified.status == 0, verified.failures
    assert {headers.get(HEADER.lower()) for headers in world.headers} == {SECRET}, "the others ask without the header"
    assert SECRET not in stored(client)
    assert world.status_of(**{HEADER: SECRET}) == 200
    assert world.status_of() != 200

    again = world.play("deploy.yml", "-vvv", env=INVOCATION, release="one", **cdn(SECRET))
    assert (again.status, again.stats["changed"], again.writes) == (0, 0, []), again.failures
    gated = shows_no_secret(world.play("deploy.yml", "-vvv", env=INVOCATION, release="two", **cdn(SECRET)))
    assert gated.status == 0, gated.failures
    assert any(test for _release, test in world.asked)
    assert {headers.get(HEADER.lower()) for headers in world.headers} == {SECRET}

    # Both values are valid while the network changes to the new one, then only that is.
    foreseen = shows_no_secret(
        world.play("deploy.yml", "-vvv", "--check", "--diff", env=INVOCATION, release="two", **cdn(NEXT))
    )
    assert (foreseen.status, foreseen.writes) == (0, []) and fingerprint(NEXT) in foreseen.output
    ordinary = {**INVOCATION, "QUILT_DIRECT": "0", "ANSIBLE_STDOUT_CALLBACK": "default"}
    shows_no_secret(world.play("deploy.yml", "-vvv", "--check", "--diff", env=ordinary, release="two", **cdn(NEXT)))
    both = {"alb_rule_paths": ["/mcp*"], **cdn(SECRET, NEXT)}
    for change, statuses in ((both, (200, 200)), ({"alb_rule_paths": ["/mcp*"], **cdn(NEXT)}, (404, 200))):
        rotated = shows_no_secret(world.play("deploy.yml", "-vvv", "--diff", env=INVOCATION, release="two", **change))
        assert (rotated.status, rotated.writes) == (0, WRITES), rotated.failures
        found = world.status_of(**{HEADER: SECRET}), world.status_of(**{HEADER: NEXT})
        assert [status == 200 for status in found] == [status == 200 for status in statuses]

    for playbook in ("verify.yml", "status.yml", "drift.yml"):
        shown = shows_no_secret(world.play(playbook, "-vvv", env=INVOCATION, release="two", **change))
        assert shown.status == 0, shown.failures
    drifted = shows_no_secret(world.play("drift.yml", "-vvv", env=INVOCATION, release="two", **cdn(SECRET)))
    assert drifted.status != 0 and fingerprint(SECRET) in drifted.output
    assert NEXT not in stored(client)


def test_a_header_that_all_others_require_is_named_once(play: Play, client: Callable[[str], Any]) -> None:
    """In check mode, in the first deployment, which writes the rule twice, and in one that changes nothing."""
    elb = client("elbv2")
    (balancer,) = elb.describe_load_balancers(Names=["sales-prod-alb"])["LoadBalancers"]
    listeners = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    listener = next(one["ListenerArn"] for one in listeners if one["Port"] == 443)
    header = {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": HEADER, "Values": [SECRET]}}
    for rule in elb.describe_rules(ListenerArn=listener)["Rules"]:
        if not rule["IsDefault"]:
            kept = [{key: one[key] for key in one if key != "Values"} for one in rule["Conditions"]]
            elb.modify_rule(RuleArn=rule["RuleArn"], Conditions=[*kept, header])
    for options in (["--check"], [], []):
        run = shows_no_secret(play("deploy.yml", "-vvv", *options, env=INVOCATION, **BLUE_GREEN))
        assert run.status == 0, run.failures
        assert named(run) == ["sales-prod-mcp-server-production"]
    run = play("deploy.yml", **BLUE_GREEN, **cdn(SECRET))
    assert (run.status, named(run)) == (0, []), run.failures


def test_what_cannot_be_is_refused_with_the_inventory(play: Play, tmp_path: Path) -> None:
    """Before the first call, in one message, and without a value of a header."""
    files = client_certificate.write(tmp_path)
    wrong = {"field": "http-header", "http_header_name": HEADER, "values": [f"{SECRET}*", f"{NEXT}é"]}
    run = play(
        "deploy.yml",
        "-vvv",
        env=INVOCATION,
        alb_rule_conditions=[
            wrong,
            {"field": "source-ip", "values": []},
            {"field": "http-header", "http_header_name": "X-Wild", "values": ["a*"]},
        ],
        smoke_client_certificate=files.ca,
        smoke_client_key=files.other_key,
    )
    (message,) = run.failures
    assert run.status and run.calls == [] and SECRET not in run.output and NEXT not in run.output
    for part in (
        f"alb_rule_conditions: http-header {fingerprint(NEXT.lower() + 'é')} has é",
        "alb_rule_conditions: condition source-ip has no value",
        "smoke_headers: the rule's condition http-header x-wild has no value without a wildcard",
        "smoke_client_certificate: smoke_client_key",
        "holds another key than that of the certificate",
    ):
        assert part in message, message


def test_a_value_from_ansible_vault(play: Play, tmp_path: Path) -> None:
    password, variables = tmp_path / "password", tmp_path / "variables.yml"
    password.write_text("open")
    vault = VaultLib([("default", VaultSecret(b"open"))])
    lines = vault.encrypt(SECRET, VaultSecret(b"open")).decode().splitlines()
    text = f"alb_rule_conditions:\n- field: http-header\n  http_header_name: {HEADER}\n  values:\n  - !vault |\n"
    variables.write_text(text + "".join(f"      {line}\n" for line in lines))
    options = "-vvv", "-e", f"@{variables}", "--vault-password-file", str(password)
    run = shows_no_secret(play("deploy.yml", "--check", *options, env=INVOCATION))
    assert run.status == 0 and fingerprint(SECRET) in run.output, run.failures
