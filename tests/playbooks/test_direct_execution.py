"""A module in a fork of Ansible's worker answers exactly as one in a Python of its own."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import ansible.module_utils
import pytest
from ansible.module_utils import basic
from ansible.plugins.action import ActionBase
from ansible.plugins.action.normal import ActionModule as CoreModule

if TYPE_CHECKING:
    from conftest import Play, Run

PLUGIN = Path(__file__).parents[2] / "playbooks" / "action_plugins" / "normal.py"
PLAYBOOK = """
- hosts: mcp_servers
  gather_facts: false
  module_defaults:
    group/quilt.mcp_server.aws: "{{ mcp_server_aws }}"
  tasks:
    - name: success
      amazon.aws.iam_role_info:
        name: ecsTaskRole
    - name: deprecations
      amazon.aws.iam_role:
        name: ours
        assume_role_policy_document: '{{ trust | to_json }}'
        create_instance_profile: false
      vars:
        trust:
          Version: "2012-10-17"
          Statement:
            - {Effect: Allow, Principal: {Service: ecs-tasks.amazonaws.com}, Action: "sts:AssumeRole"}
    - name: diff
      quilt.mcp_server.cloudwatch_log_group:
        log_group_name: /direct/{{ item }}
        retention_in_days: 30
      loop: [one, two]
    - name: no_log
      amazon.aws.aws_caller_info:
        session_token: 850787717197
    - name: failure
      quilt.mcp_server.stack_info:
        vpc_name: nothing
        load_balancer_name: nothing
        cluster_name: nothing
      ignore_errors: true
    - name: wrong argument
      quilt.mcp_server.cloudwatch_log_group:
        log_group: /direct/wrong
      ignore_errors: true
    - name: exception
      amazon.aws.ec2_vpc_net_info:
        endpoint_url: http://127.0.0.1:1
      ignore_errors: true
    - name: check mode
      quilt.mcp_server.cloudwatch_log_group:
        log_group_name: /direct/three
      check_mode: true
    - name: absent
      quilt.mcp_server.cloudwatch_log_group:
        log_group_name: /direct/{{ item }}
        state: absent
      loop: [one, two]
"""


def comparable(results: list[dict[str, Any]]) -> str:
    """The results without what time and AWS's own ids change."""
    text = json.dumps(results, sort_keys=True, indent=1)
    text = re.sub(r'"(create_date|creation_time|role_id|exception)": .*', r'"\1": ...', text)
    return re.sub(r"AROA\w+", "AROA...", text)


@pytest.fixture
def playbook(tmp_path: Path) -> Path:
    """The tasks above, beside the action plugin as in playbooks/."""
    folder = tmp_path / "playbooks"
    folder.mkdir()
    (folder / "action_plugins").symlink_to(PLUGIN.parent)
    path = folder / "direct.yml"
    path.write_text(PLAYBOOK)
    return path


def run_both(play: Play, playbook: Path, aws: Any) -> tuple[Run, Run]:
    direct = play(playbook, "--diff", "-vvv", env={"QUILT_DIRECT": "1"})
    aws.reset()
    return direct, play(playbook, "--diff", "-vvv", env={"QUILT_DIRECT": "0"})


def test_every_result_is_the_same_both_ways(play: Play, playbook: Path, aws: Any) -> None:
    direct, ordinary = run_both(play, playbook, aws)
    assert comparable(direct.tasks) == comparable(ordinary.tasks)
    assert direct.stats == ordinary.stats
    assert direct.stats["ignored"] == 3
    assert [(call.service, call.operation) for call in direct.calls] == [
        (call.service, call.operation) for call in ordinary.calls
    ]


def goes_directly() -> bool:
    """Whether the plugin, loaded anew, would run an AWS module of a usual task in a fork."""
    spec = importlib.util.spec_from_file_location("normal_of_quilt", PLUGIN)
    assert spec and spec.loader
    plugin = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(plugin)
    assert plugin.ActionModule.__mro__[1].__name__ == CoreModule.__name__
    task = SimpleNamespace(
        _templar=SimpleNamespace(template=lambda value: value),
        _connection=SimpleNamespace(transport="local"),
        _task=SimpleNamespace(async_val=0, environment=[]),
        _play_context=SimpleNamespace(become=False),
    )
    return bool(plugin.ActionModule._is_direct(task, {"ansible_python_interpreter": sys.executable}))


def test_an_ansible_core_that_lacks_what_the_fork_needs_goes_its_own_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("QUILT_DIRECT", raising=False)
    assert goes_directly()
    for owner, name in ((basic, "_ANSIBLE_PROFILE"), (ActionBase, "_parse_returned_data")):
        with monkeypatch.context() as patch:
            patch.delattr(owner, name)
            assert not goes_directly()
    monkeypatch.delattr(ansible.module_utils, "_internal")
    monkeypatch.setitem(sys.modules, "ansible.module_utils._internal", None)
    assert not goes_directly()
