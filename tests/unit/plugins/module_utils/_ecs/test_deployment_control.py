"""A paused deployment is continued, with scripted answers; tests/integration/modules has the sandbox's ECS."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from unittest.mock import Mock

import boto3
import pytest
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.refusal import InvalidParameters
from ansible_collections.quilt.mcp_server.plugins.module_utils._ecs import deployment_control, waiter
from ansible_collections.quilt.mcp_server.plugins.module_utils._ecs.deployment_control import DeploymentController
from ansible_collections.quilt.mcp_server.plugins.module_utils._ecs.deployment_state import Step
from ansible_collections.quilt.mcp_server.plugins.module_utils._ecs.waiter import DeploymentFailed

ARN = "arn:aws:ecs:us-east-1:850787717197:service-deployment/main/web/1"
AWAITED = {"hookId": "hook-1", "targetType": "PAUSE", "status": "AWAITING_ACTION"}


class Module:
    """In place of AnsibleAWSModule: parameters and one real client, whose calls never leave the process."""

    check_mode = False

    def __init__(self, ecs: Any, **params: Any) -> None:
        usual = {"cluster": "main", "service_name": "web", "state": "continued", "hook_id": None, "require_tags": {}}
        waits = {"hook_action": "CONTINUE", "service_deployment_arn": ARN, "wait": True, "wait_timeout": 5}
        waits |= {"on_timeout": "keep", "rejection": ""}
        self.params = {**usual, **waits, **params}
        self.ecs = ecs

    def client(self, service: str) -> Any:
        return self.ecs

    def log(self, line: str) -> None:
        pass


@pytest.fixture
def ecs(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A client that is paused at a hook until it is continued; `sent` are the requests that write."""
    monkeypatch.setattr(waiter, "PAUSES", (0.01,))
    keys = {"aws_access_key_id": "x", "aws_secret_access_key": "x"}
    ecs = boto3.client("ecs", region_name="us-east-1", **keys)
    ecs.sent = []
    service = {"serviceName": "web", "status": "ACTIVE", "createdAt": datetime(2026, 1, 1), "deployments": []}

    def answer(operation: str, request: dict[str, Any]) -> dict[str, Any]:
        if operation == "DescribeServices":
            return {"services": [service]}
        if operation == "DescribeServiceDeployments":
            ended = {"status": "SUCCESSFUL", "lifecycleHookDetails": [{**AWAITED, "status": "SUCCEEDED"}]}
            paused = {"status": "IN_PROGRESS", "lifecycleHookDetails": [AWAITED]}
            return {"serviceDeployments": [{"serviceDeploymentArn": ARN, **(ended if ecs.sent else paused)}]}
        assert operation == "ContinueServiceDeployment"
        ecs.sent.append(request)
        return {"serviceDeploymentArn": ARN}

    monkeypatch.setattr(ecs, "_make_api_call", answer)
    return ecs


def test_the_hook_that_waits_is_answered(ecs: Any) -> None:
    result = DeploymentController(Module(ecs)).execute()
    assert ecs.sent == [{"serviceDeploymentArn": ARN, "hookId": "hook-1", "action": "CONTINUE"}]
    assert result["changed"]
    assert result["diff"] == {"before": {"state": "paused"}, "after": {"state": "completed"}}
    assert not DeploymentController(Module(ecs)).execute()["changed"]


def test_check_mode_answers_nothing(ecs: Any) -> None:
    module = Module(ecs)
    module.check_mode = True
    assert DeploymentController(module).execute()["changed"]
    assert ecs.sent == []


def test_a_rejection_in_check_mode_rolls_nothing_back_and_says_so(ecs: Any) -> None:
    module = Module(ecs, hook_action="ROLLBACK", rejection="no answer")
    module.check_mode = True
    with pytest.raises(DeploymentFailed, match=r"no answer\nCheck mode: the deployment would be rolled back\."):
        DeploymentController(module).execute()
    assert ecs.sent == []


@pytest.mark.parametrize("given", [{"hook_action": "CONTINUE"}, {"state": "stopped", "hook_action": "ROLLBACK"}])
def test_a_rejection_that_would_not_roll_back_is_refused(ecs: Any, given: dict[str, str]) -> None:
    with pytest.raises(InvalidParameters, match="Remedy: set state: continued and hook_action: ROLLBACK"):
        DeploymentController(Module(ecs, rejection="no answer", **given)).execute()
    assert ecs.sent == []


def test_a_hook_that_does_not_wait_is_refused(ecs: Any) -> None:
    with pytest.raises(Exception, match="hook other does not wait; these do: hook-1"):
        DeploymentController(Module(ecs, hook_id="other")).execute()
    assert ecs.sent == []


def test_a_botocore_without_it_says_so() -> None:
    controller = DeploymentController(Module(Mock(spec=["meta"])))
    with pytest.raises(Exception, match="not known to the installed botocore"):
        controller._act({}, Step("continue", "hook-1"))


def test_the_minutes_that_a_strategy_waits_are_added(ecs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr(deployment_control, "looks", lambda timeout: waited.append(timeout) or iter([timeout]))
    controller = DeploymentController(Module(ecs))
    ecs.sent.append("continued")  # so that the next look finds it complete
    configuration = {"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 3}
    controller._wait({}, {"serviceDeploymentArn": ARN, "deploymentConfiguration": configuration}, Step(), [])
    assert waited == [5 + 180]
