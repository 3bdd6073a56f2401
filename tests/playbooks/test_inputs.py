"""A wrong inventory is refused before the first AWS call, all of it in one message."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Play

ROOT = Path(__file__).parents[2]
PLAYBOOKS = ["build.yml", "deploy.yml", "destroy.yml", "site.yml", "verify.yml"]


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_every_playbook_refuses_it_before_the_first_call(play: Play, playbook: str) -> None:
    run = play(
        playbook,
        mcp_server_regoin="us-east-1",
        mcp_server_host="https://demo.quiltdata.com/",
        mcp_server_buckets="quilt-example",
        ecs_service_memory=700,
        alb_rule_health_check_timeout=30,
        ecs_service_strategy="",  # as a survey sends what nobody answered
    )
    (message,) = [result["msg"] for result in run.results("Check the inventory")]
    assert run.calls == []
    assert run.status != 0
    assert "The inventory of sandbox has 6 fault(s). Nothing was touched." in message
    assert "mcp_server_regoin: there is no such variable; did you mean mcp_server_region?" in message
    assert "mcp_server_host: wanted a host name such as demo.quiltdata.com, without scheme, port or path" in message
    assert "mcp_server_buckets: wanted a list of bucket names" in message
    assert "ecs_service_memory: Fargate gives 256 CPU units 512, 1024, 2048 MiB; found 700" in message
    assert "ecs_service_strategy: wanted one of ROLLING, BLUE_GREEN, LINEAR, CANARY; found nothing; leave it" in message
    assert "alb_rule_health_check_timeout: wanted less than alb_rule_health_check_interval" in message


def test_a_sandbox_that_is_not_up_is_one_sentence(play: Play, tmp_path: Path) -> None:
    run = play("site.yml", env={"SANDBOX_HOME": str(tmp_path / "nowhere")})
    (message,) = [result["msg"] for result in run.results("Check the inventory")]
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


def test_every_role_input_is_in_its_spec_and_has_the_default_of_its_spec() -> None:
    """Defaults and argument specs never drift apart."""
    import yaml

    for spec_path in sorted(ROOT.glob("roles/*/meta/argument_specs.yml")):
        role = spec_path.parents[1]
        defaults = yaml.safe_load((role / "defaults" / "main.yml").read_text())
        options = {}
        for entry_point in yaml.safe_load(spec_path.read_text())["argument_specs"].values():
            for name, option in entry_point["options"].items():
                options.setdefault(name, option)
        assert set(defaults) <= set(options), f"{role.name}: {set(defaults) - set(options)}"
        for name, option in options.items():
            if option.get("required"):
                continue
            assert name in defaults, f"{name} is optional and has no default"
            if "{{" not in json.dumps(defaults[name]):
                assert defaults[name] == option["default"], name
