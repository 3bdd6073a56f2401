"""Tags are deleted with their log group."""

from __future__ import annotations

from typing import Any

from sandbox.tests.emulator.facts.log_group import group


def test_tags_go_with_their_group(logs: Any) -> None:
    arn = group(logs)["logGroupArn"]
    logs.tag_resource(resourceArn=arn, tags={"team": "x"})
    logs.delete_log_group(logGroupName="/ecs/x")
    logs.create_log_group(logGroupName="/ecs/x")
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {}
