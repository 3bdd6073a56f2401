"""The argument specs against the botocore model: the same choices, the same suboptions, the same types.

A choice that the model has and the argument spec has not would be refused before AWS is asked.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.shapes import members

# By module: the service, and the operations whose input its parameters are; "path: operation" for what another writes.
MODULES = {
    "cloudwatch_alarm": ("cloudwatch", {"": "PutMetricAlarm"}),
    "cloudwatch_log_group": ("logs", {"": "CreateLogGroup"}),
    "ecr_repository": ("ecr", {"": "CreateRepository"}),
    "ecs_service": ("ecs", {"": "CreateService"}),
    "ecs_task_definition": ("ecs", {"": "RegisterTaskDefinition"}),
    "elb_listener_rule": ("elbv2", {"": "CreateRule"}),
    "elb_target_group": ("elbv2", {"": "CreateTargetGroup"}),
    "scalable_target": (
        "application-autoscaling",
        {"": "RegisterScalableTarget", "policies": "PutScalingPolicy", "scheduled_actions": "PutScheduledAction"},
    ),
}
TYPES = {
    "string": ("str",),
    "integer": ("int",),
    "long": ("int",),
    "boolean": ("bool",),
    "double": ("float",),
    "list": ("list",),
    "structure": ("dict",),
    "map": ("dict",),
    "timestamp": ("str",),
}
# Evidence of a release: its parameters are ours, whatever AWS keeps it in.
OF_OUR_OWN = {"release"}
TARGET = {"service_namespace", "resource_id", "scalable_dimension"}
# Where they differ, and why.
DIFFERENT = {
    # The short form of a condition names the header beside its values; conditions.py makes http_header_config of it.
    "elb_listener_rule.conditions": {"http_header_name"},
    # No API gives a secret back: the module leaves it alone until client_secret_version differs.
    "elb_listener_rule.actions.authenticate_oidc_config": {"client_secret_version", "use_existing_client_secret"},
    # The model has one list of protocols; those are not supported for health checks, says HealthCheckProtocol's text.
    "elb_target_group.health_check_protocol": {"GENEVE", "QUIC", "TCP_QUIC", "TCP_UDP", "TLS", "UDP"},
    # Only ECS services are scaled; policies and actions take the target's own key from it.
    "scalable_target.policies": TARGET,
    "scalable_target.scheduled_actions": TARGET,
}
# The module scales ECS services alone, so of all namespaces and dimensions it has one.
ONE_CHOICE = {"scalable_target.service_namespace", "scalable_target.scalable_dimension"}


def model(service: str) -> Any:
    keys = {"aws_access_key_id": "x", "aws_secret_access_key": "x"}
    return boto3.client(service, region_name="us-east-1", **keys).meta.service_model


def differences(arguments: dict[str, Any], shape: Any, path: str) -> dict[str, set[str]]:
    """By path: the choices or suboptions that only one of the two has; a type that does not fit under `path.type`."""
    found: dict[str, set[str]] = {}
    known = members(shape)
    for name, spec in arguments.items():
        if name not in known:
            continue
        member = known[name][1]
        where = f"{path}.{name}"
        if spec["type"] not in TYPES[member.type_name]:
            found[f"{where}.type"] = {spec["type"], member.type_name}
        inner = member.member if member.type_name == "list" else member
        if "choices" in spec and inner.type_name == "string" and inner.enum:
            found[where] = set(spec["choices"]) ^ set(inner.enum)
        if "options" in spec:
            found[where] = set(spec["options"]) ^ set(members(inner))
            found |= differences(spec["options"], inner, where)
    return {where: odd for where, odd in found.items() if odd}


ROOT = Path(__file__).parents[4]
SOURCES = {path.stem: path.read_text() for path in (ROOT / "plugins" / "modules").glob("*.py")}


def test_every_resource_is_in_the_table() -> None:
    assert {name for name, source in SOURCES.items() if "import common_arguments\n" in source} == {
        *MODULES,
        *OF_OUR_OWN,
    }


def test_module_defaults_reach_every_module_that_asks_aws() -> None:
    group = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text())["action_groups"]["aws"]
    assert {name for name in group if isinstance(name, str)} == {
        name for name, source in SOURCES.items() if "AnsibleAWSModule(" in source
    }


@pytest.mark.parametrize("module", MODULES)
def test_the_arguments_are_those_of_the_model(module: str) -> None:
    arguments = importlib.import_module(f"ansible_collections.quilt.mcp_server.plugins.modules.{module}").ARGUMENTS
    service, operations = MODULES[module]
    found: dict[str, set[str]] = {}
    for part, operation in operations.items():
        shape = model(service).operation_model(operation).input_shape
        if part:
            options = arguments[part]["options"]
            found[f"{module}.{part}"] = set(options) ^ set(members(shape))
            found |= differences(options, shape, f"{module}.{part}")
        else:
            found |= differences(arguments, shape, module)
    found = {where: odd for where, odd in found.items() if where not in ONE_CHOICE}
    assert found == {where: odd for where, odd in DIFFERENT.items() if where.startswith(f"{module}.")}


def test_a_choice_or_a_suboption_that_only_one_has_is_found() -> None:
    shape = model("ecs").operation_model("RegisterTaskDefinition").input_shape
    arguments = {
        "network_mode": {"type": "str", "choices": ["awsvpc", "bridge", "host"]},
        "runtime_platform": {"type": "dict", "options": {"cpu_architecture": {"type": "str", "choices": ["X86"]}}},
        "volumes": {"type": "dict"},
    }
    assert differences(arguments, shape, "m") == {
        "m.network_mode": {"none"},
        "m.runtime_platform": {"operating_system_family"},
        "m.runtime_platform.cpu_architecture": {"X86", "X86_64", "ARM64"},
        "m.volumes.type": {"dict", "list"},
    }
