"""How a module ends: with a result, with an error of the one format, and with the further values of both."""

from __future__ import annotations

from typing import Any
from unittest.mock import Mock

import pytest
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.module import exit_with, run_info
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.problem import Problem
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.refusal import Refused
from botocore.exceptions import ClientError


class Ended(Exception):
    """The module ended with these keys."""

    def __init__(self, **result: Any) -> None:
        self.result = result


class Module:
    """As much of AnsibleAWSModule as the end needs."""

    def __init__(self) -> None:
        self.params = {"name": "web"}
        self.region = "us-east-1"
        self.warnings: list[str] = []
        self.made: list[str] = []

    def client(self, service: str) -> Any:
        self.made.append(service)
        return Mock(service=service)

    def warn(self, text: str) -> None:
        self.warnings.append(text)

    def exit_json(self, **result: Any) -> None:
        raise Ended(**result)

    def fail_json(self, **result: Any) -> None:
        raise Ended(failed=True, **result)

    def fail_json_aws(self, exception: Exception, **result: Any) -> None:
        raise Ended(failed=True, exception=exception, **result)


def ended(function: Any, module: Module) -> dict[str, Any]:
    with pytest.raises(Ended) as end:
        function(module)
    return end.value.result


REFUSAL = "Refused to do it\nFound: a\nReason: b\nRemedy: c"


def refuse(**more: Any) -> Any:
    raise Refused("do it", Problem("a", "b", "c"), **more)


def test_a_read_only_module_changes_nothing_and_makes_each_client_once() -> None:
    module = Module()

    def read(client: Any, params: Any) -> dict[str, Any]:
        return {"name": params["name"], "same": client("ecs") is client("ecs"), "region": client.region}

    result = ended(lambda module: run_info(module, read), module)
    assert result == {"changed": False, "name": "web", "same": True, "region": "us-east-1"}
    assert module.made == ["ecs"]


def test_warnings_of_a_result_become_warnings_of_the_module() -> None:
    module = Module()
    result = ended(lambda module: exit_with(module, lambda: {"changed": True, "warnings": ["look"]}), module)
    assert result == {"changed": True}
    assert module.warnings == ["look"]


def test_an_error_returns_its_further_arguments() -> None:
    module = Module()
    result = ended(lambda module: exit_with(module, lambda: refuse(problems=["a"], warnings=["b"])), module)
    assert result == {"failed": True, "msg": REFUSAL, "problems": ["a"]}
    assert module.warnings == ["b"]


def test_an_error_of_aws_keeps_what_aws_said() -> None:
    module, said = Module(), ValueError("AccessDenied")
    result = ended(lambda module: exit_with(module, lambda: refuse(exception=said)), module)
    assert result == {"failed": True, "msg": REFUSAL, "exception": said}


def test_an_error_of_the_credentials_gets_its_remedy_and_keeps_what_aws_said() -> None:
    said = ClientError({"Error": {"Code": "ExpiredToken", "Message": "it expired"}}, "DescribeTasks")
    result = ended(lambda module: exit_with(module, lambda: refuse(exception=said)), Module())
    assert result["exception"].message.startswith(f"{said}\nRemedy: log in again")
    assert result["exception"].response == said.response


@pytest.mark.parametrize("fail", [lambda: {}["taskArn"], lambda: list("ab")[2], lambda: None.get("x"), lambda: len(1)])
def test_an_error_that_no_code_expected_says_what_to_report(fail: Any) -> None:
    module = Module()
    module._name, module._quilt_last_call = "ecs_service", "ecs:DescribeTasks"  # type: ignore[attr-defined]
    result = ended(lambda module: exit_with(module, fail), module)
    first, found, reason, remedy = result["msg"].splitlines()
    assert first == "Failed to run ecs_service" and reason.startswith("Reason: an answer lacked what the module needs")
    assert "Error: " in found and " in test_module.py line " in found and found.endswith(", after ecs:DescribeTasks")
    assert "issues" in remedy and "botocore" in remedy and "ecs_service" in remedy and "-vvv" in remedy
    assert "Traceback" in result["exception"] and "Traceback" not in result["msg"]
