"""The evidence of a release: what is observed of a service that runs, stored in Parameter Store."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.testing.ecs_stack import completed, lay, until
from tests.kinds import Kind

NAME = "main-mcp"
OWNER = [{"key": "quilt:deployment", "value": "sales-prod-mcp-server-production"}]


def running(client: Callable[[str], Any]) -> dict[str, Any]:
    stack = lay(client)
    stack.register(tags=OWNER)
    stack.create(tags=OWNER)
    until(lambda: completed(stack))

    return {}


KIND = Kind(
    module="release",
    creation="PutParameter",
    identity={"deployment": NAME},
    prepare=running,
    full={
        "cluster": "main",
        "service_name": "web",
        "url": "https://demo/mcp",
        "checks": [{"name": "health", "ok": True, "seconds": 0.1}],
    },
    required=("cluster", "service_name", "url", "checks"),
    changes={"url": "https://other/mcp"},
    unpredictable=frozenset({"time", "actor"}),
    tag=lambda ssm, evidence, tags: ssm.add_tags_to_resource(
        ResourceType="Parameter",
        ResourceId=f"/quilt/{NAME}/releases/{evidence['release']}",
        Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
    ),
    replace=None,
    conflict=None,
    own_tags={"quilt:release": "1"},
    exempt={
        "test_every_field": "its fields are observed, not parameters",
        "test_what_is_not_own_is_refused_by_name": "to delete all evidence leaves that of others, "
        "see tests/integration/modules/test_release.py",
        "test_arguments": "its parameters are the collection's, whatever AWS keeps the evidence in",
    },
)
