"""Which inputs the playbooks give is read from the playbooks, and what is set instead from what they pass."""

from __future__ import annotations

from typing import Any

from ansible_collections.quilt.mcp_server.plugins.plugin_utils.given import given_inputs

INPUTS = [
    "app_image",
    "app_port",
    "app_role_arns",
    "app_subnet_ids",
    "app_zone",
    "image_uri",
    "mcp_server_port",
    "roles_name",
    "stack_private_subnet_ids",
    "stack_vpc_name",
]


def include(**passed: Any) -> dict[str, Any]:
    return {"name": "x", "ansible.builtin.include_role": {"name": "app"}, "vars": passed}


def test_the_inputs_of_plays_blocks_and_task_files_with_what_is_set_instead() -> None:
    play = {
        "hosts": "all",
        "vars": {"app_unrelated": "{{ x }}"},
        "tasks": [
            include(app_subnet_ids="{{ stack_exports.stack.private_subnet_ids }}"),
            {"block": [include(app_image="{{ image_resolved.uri }}")], "rescue": [include(app_zone="{{ item }}")]},
            {"ansible.builtin.include_tasks": "other.yml", "vars": {"app_port": "{{ mcp_server_port | int }}"}},
        ],
    }
    tasks = [{"import_role": {"name": "app"}, "vars": {"app_role_arns": "{{ roles_exports.arns }}"}}]
    assert given_inputs([[play], tasks], INPUTS) == {
        "app_subnet_ids": "stack_private_subnet_ids",
        "app_image": "image_uri",
        "app_zone": "",
        "app_port": "mcp_server_port",
        "app_role_arns": "",
    }


def test_an_input_that_is_given_itself_is_set_in_no_place_of_another() -> None:
    tasks = [include(app_image="{{ image_resolved.uri }}", image_uri="{{ item }}")]
    assert given_inputs([tasks], INPUTS) == {"app_image": "", "image_uri": ""}
