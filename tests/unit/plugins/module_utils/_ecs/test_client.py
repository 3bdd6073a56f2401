"""Which refusals of ECS pass by themselves."""

from __future__ import annotations

import time
from typing import Any

import pytest
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.quilt.mcp_server.plugins.module_utils._ecs.client import ServiceClient
from botocore.exceptions import ClientError


class Ecs:
    """Refuses the first write with this text."""

    def __init__(self, text: str) -> None:
        self.text, self.asked = text, 0

    def _write(self, **request: Any) -> dict[str, Any]:
        self.asked += 1
        if self.asked == 1:
            error = {"Error": {"Code": "InvalidParameterException", "Message": self.text}}
            raise ClientError(error, "CreateService")  # type: ignore[arg-type]
        return {"service": {}}

    create_service = update_service = _write


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: None)


def write(calls: ServiceClient, operation: str) -> Any:
    return calls.create({}, {}) if operation == "create" else calls.update({})


@pytest.mark.parametrize("operation", ["create", "update"])
@pytest.mark.parametrize(
    "text",
    [
        "The target group with targetGroupArn arn:tg does not have an associated load balancer.",
        "Unable to assume role and validate the specified targetGroupArn. Please verify that the ECS service role "
        "being passed has the proper permissions.",
        "Unable to assume the service linked role. Please verify that the ECS service linked role exists.",
    ],
)
def test_what_was_made_a_moment_ago_is_waited_for(operation: str, text: str) -> None:
    ecs = Ecs(text)
    assert write(ServiceClient(lambda _service: ecs, "main", "web"), operation) == {}
    assert ecs.asked == 2


@pytest.mark.parametrize("operation", ["create", "update"])
def test_what_stays_wrong_is_reported_at_once(operation: str) -> None:
    ecs = Ecs("The container app does not exist in the task definition.")
    with pytest.raises(AnsibleAWSError, match="does not exist in the task definition"):
        write(ServiceClient(lambda _service: ecs, "main", "web"), operation)
    assert ecs.asked == 1
