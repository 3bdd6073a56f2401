"""An invalid inventory is refused before the first AWS call, with all errors in one message."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.integration.playbooks.table import PLAYBOOKS

if TYPE_CHECKING:
    from conftest import Play

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_every_playbook_refuses_it_before_the_first_call(play: Play, playbook: str) -> None:
    run = play(
        playbook,
        mcp_server_regoin="us-east-1",
        mcp_server_host="https://demo.quiltdata.com/",
        mcp_server_buckets="quilt-example",
        ecs_service_memory=700,
        alb_rule_health_check_timeout=30,
        mcp_server_strategy="",  # as a survey sends what nobody answered
    )
    (message,) = run.failures
    assert run.calls == []
    assert run.status != 0
    assert "The inventory of sandbox has 6 fault(s). Nothing was touched." in message, message
    assert "mcp_server_regoin: there is no such variable; did you mean mcp_server_region?" in message
    assert "mcp_server_host: wanted a host name such as demo.quiltdata.com, without scheme, port or path" in message
    assert "mcp_server_buckets: wanted a list of bucket names" in message
    assert "ecs_service_memory: Fargate gives 256 CPU units 512, 1024, 2048 MiB; found 700" in message
    assert "mcp_server_strategy: wanted one of ROLLING, BLUE_GREEN, LINEAR, CANARY; found nothing; leave it" in message
    assert "alb_rule_health_check_timeout: wanted less than alb_rule_health_check_interval" in message


@pytest.mark.parametrize("playbook", ["build.yml", "deploy.yml", "rollback.yml", "verify.yml"])
def test_credentials_of_another_account_are_refused_before_anything_is_read(play: Play, playbook: str) -> None:
    run = play(playbook, mcp_server_account_id="123456789012")
    (message,) = run.failures
    assert "account 123456789012" in message
    assert "850787717197" in message
    assert [call.operation for call in run.calls] == ["GetCallerIdentity"]


@pytest.mark.parametrize("path", sorted(ROOT.glob("playbooks/*.yml")), ids=lambda path: path.name)
def test_every_play_begins_with_the_check(path: Path) -> None:
    for play in yaml.safe_load(path.read_text()):
        if "ansible.builtin.import_playbook" not in play:
            first = play["tasks"][0]
            if "ansible.builtin.import_tasks" in first:
                (first, *_rest) = yaml.safe_load((path.parent / first["ansible.builtin.import_tasks"]).read_text())
            assert "quilt.mcp_server.check_inputs" in first


def test_a_sandbox_that_is_not_up_is_one_sentence(play: Play, tmp_path: Path) -> None:
    run = play("site.yml", env={"SANDBOX_HOME": str(tmp_path / "nowhere")})
    (message,) = run.failures
    assert message.count("the sandbox is not running; start it with: python -m sandbox up") == 1
    assert run.calls == []


@pytest.mark.parametrize("inventory", sorted(path.name for path in (ROOT / "inventories").iterdir()))
def test_the_inventories_that_ship_are_right(inventory: str, play: Play, tmp_path: Path) -> None:
    """Only the check runs; `local` takes its endpoints from the fixture's state."""
    playbook = tmp_path / "check.yml"
    playbook.write_text("- hosts: mcp_servers\n  gather_facts: false\n  tasks:\n    - quilt.mcp_server.check_inputs:\n")
    environment = os.environ | {"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "SANDBOX_HOME": str(tmp_path / "home")}
    done = subprocess.run(
        [sys.executable, "-m", "ansible", "playbook", "-i", str(ROOT / "inventories" / inventory), str(playbook)],
        cwd=ROOT,
        env=environment,
        text=True,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_what_is_typed_for_a_run_and_not_read_is_refused(play: Play) -> None:
    run = play("rollback.yml", rollback_relase=11, load_balancer_name="other-alb", iam_partition="aws-cn")
    (message,) = run.failures
    assert "rollback_relase: there is no such variable; did you mean rollback_release?" in message
    assert "load_balancer_name: there is no such variable; did you mean stack_load_balancer_name?" in message
    assert "iam_partition: the playbooks give it, so it is not set" in message
    assert run.calls == []


def test_the_names_that_follow_from_the_stacks_are_checked_before_anything_is_written(play: Play) -> None:
    run = play("build.yml", mcp_server_stack="research-europe-prod", stack_vpc_name="sales-prod")
    (message,) = run.failures
    assert "alb_rule_target_group_name: wanted at most 32" in message
    assert "found 'research-europe-prod-mcp-server-tg', which follows from mcp_server_stack" in message
    assert run.calls == []


def test_what_the_playbooks_give_is_computed_and_refused_with_what_is_set_instead(play: Play) -> None:
    given = {
        "alb_rule_vpc_id": "; set stack_vpc_id",
        "alb_rule_listener_arn": "; set stack_listener_port",
        "ecs_service_subnet_ids": "; set stack_private_subnet_ids",
        "ecs_service_log_group": "; set logs_name",
        "ecs_service_image": "; set image_uri",
        "ecs_service_jwt_secret_arn": "; set mcp_server_jwt_secret",
        "release_rollback_to": "; set rollback_release",
        "ecs_service_paused": "; leave it out",
    }
    run = play("status.yml", **dict.fromkeys(given, "x"))
    (message,) = run.failures
    for name, instead in given.items():
        assert f"{name}: the playbooks give it, so it is not set{instead}" in message, message
    assert run.calls == []


def test_what_the_playbooks_give_is_refused_with_the_value_of_the_default_too(play: Play) -> None:
    run = play("deploy.yml", ecs_service_first=False, alb_rule_exposure="public")
    (message,) = run.failures
    assert "ecs_service_first: the playbooks give it" in message
    assert "alb_rule_exposure: the playbooks give it" in message


HANDED_ON = {"environment": "x", "region": "x", "image": "x", "tags": {}, "name": "x"}
AWX = {"awx_job_id": 7, "awx_job_template_name": "Deploy", "tower_job_id": 7}


def test_extra_variables_that_awx_hands_on_are_named_in_one_line_and_not_used(play: Play) -> None:
    run = play("status.yml", **AWX, **HANDED_ON)
    assert run.status == 0, run.failures
    (result,) = run.results("preflight | Verify the inventory")
    # ansible-core has warnings of its own for those that are its keywords.
    (warning,) = (str(one) for one in result["warnings"] if "AWX" in str(one))
    assert "extra variables of AWX that are no inputs of this collection are not used: " in warning
    assert "environment, image, name, region, tags" in warning


def test_extra_variables_with_a_prefix_are_refused_in_awx_too(play: Play) -> None:
    run = play("status.yml", **AWX, mcp_server_regoin="x", ecs_service_memry=512)
    (message,) = run.failures
    assert "mcp_server_regoin: there is no such variable; did you mean mcp_server_region?" in message
    assert "ecs_service_memry: there is no such variable; did you mean ecs_service_memory?" in message


def test_extra_variables_typed_at_a_terminal_are_refused(play: Play) -> None:
    run = play("status.yml", **HANDED_ON)
    (message,) = run.failures
    for name in ("environment", "region", "name", "tags"):
        assert f"{name}: there is no such variable; did you mean" in message
    assert run.calls == []
