"""From a task definition to what an engine runs: environment, secrets, limits, mounts. Reads the control plane.

AWS facts restored here: `secrets` are read by the platform before a container starts, from Secrets Manager
(arn[:json-key[:stage[:version-id]]]) or SSM (name or ARN); what cannot be read stops the task with
ResourceInitializationError; a role that does not exist cannot be assumed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from moto.iam import iam_backends
from moto.secretsmanager import secretsmanager_backends
from moto.ssm import ssm_backends

from sandbox.dataplane.tasks.engine import CannotStart, ContainerSpec, HealthCheck, Mount, TaskSpec

Document = dict[str, Any]

_PULL = "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: "
_ONCE = "service call has been retried 1 time(s): "


def task_spec(
    task_id: str,
    definition: Document,
    overrides: Document,
    platform_environment: Mapping[str, str],
    account: str,
    region: str,
) -> TaskSpec:
    """Everything that an engine needs. Raises CannotStart for a secret or a role that is not there.

    `platform_environment` is what Fargate injects; the task definition's own values win.
    """
    _require_roles(definition, account)
    changes = {change.get("name"): change for change in overrides.get("containerOverrides", [])}
    containers = tuple(
        _container(container, definition, changes.get(container["name"], {}), platform_environment, account, region)
        for container in definition["containerDefinitions"]
    )
    architecture = definition.get("runtimePlatform", {}).get("cpuArchitecture", "X86_64")
    return TaskSpec(task_id, containers, "linux/arm64" if architecture == "ARM64" else "linux/amd64")


def _container(
    container: Document, definition: Document, changes: Document, platform: Mapping[str, str], account: str, region: str
) -> ContainerSpec:
    environment = dict(platform)
    for source in (container["environment"], changes.get("environment", [])):
        environment |= {item["name"]: item.get("value", "") for item in source}
    environment |= {item["name"]: secret(item["valueFrom"], account, region) for item in container.get("secrets", [])}
    linux = container.get("linuxParameters", {})
    command = changes.get("command") or container.get("command")
    return ContainerSpec(
        name=container["name"],
        image=container["image"],
        environment=environment,
        entry_point=tuple(container["entryPoint"]) if container.get("entryPoint") else None,
        command=tuple(command) if command else None,
        user=container.get("user"),
        working_directory=container.get("workingDirectory"),
        read_only=container.get("readonlyRootFilesystem", False),
        cpu=(container.get("cpu") or int(definition.get("cpu", 256))) / 1024,
        memory=container.get("memory") or int(definition.get("memory", 512)),
        ports=tuple(port["containerPort"] for port in container["portMappings"] if "containerPort" in port),
        mounts=tuple(
            Mount(mount["sourceVolume"], mount["containerPath"], mount.get("readOnly", False))
            for mount in container["mountPoints"]
        ),
        tmpfs={
            mount["containerPath"]: ",".join([f"size={mount['size']}m", *mount.get("mountOptions", [])])
            for mount in linux.get("tmpfs", [])
        },
        init=linux.get("initProcessEnabled", False),
        essential=container["essential"],
        stop_timeout=container.get("stopTimeout", 30),
        health_check=_health_check(container.get("healthCheck")),
    )


def _health_check(check: Document | None) -> HealthCheck | None:
    if check is None or check["command"][0] == "NONE":
        return None
    return HealthCheck(
        tuple(check["command"]), check["interval"], check["timeout"], check["retries"], check.get("startPeriod", 0)
    )


def _require_roles(definition: Document, account: str) -> None:
    known = {role.arn for role in iam_backends[account]["aws"].roles.values()}
    for field in ("executionRoleArn", "taskRoleArn"):
        arn = definition.get(field)
        if arn and arn.startswith("arn:") and arn not in known:
            raise CannotStart(
                f"ECS was unable to assume the role '{arn}' that was provided for this task. Please verify that the "
                "role being passed has the proper trust relationship and permissions and that your IAM user has "
                "permissions to pass this role."
            )


def secret(value_from: str, account: str, region: str) -> str:
    """The value behind a container's secret; `region` is the task's. Raises CannotStart when it is not there."""
    if ":secretsmanager:" in value_from:
        return _from_secrets_manager(value_from, account)
    return _from_ssm(value_from, account, region)


def _from_secrets_manager(value_from: str, account: str) -> str:
    match = re.fullmatch(
        r"(arn:[\w-]+:secretsmanager:([\w-]+):\d+:secret:[^:]+)(?::([^:]*):([^:]*):([^:]*))?", value_from
    )
    if match is None:
        raise CannotStart(f"{_PULL}unable to retrieve secret from asm: invalid ARN {value_from}")
    arn, region, key, stage, version = match.groups()
    try:
        answer = secretsmanager_backends[account][region].get_secret_value(arn, version or "", stage or "")
    except Exception as error:  # moto's own exceptions have no common base
        raise CannotStart(
            f"{_PULL}unable to retrieve secret from asm: {_ONCE}failed to fetch secret {arn} from secrets manager: "
            f"ResourceNotFoundException: {getattr(error, 'message', error)}"
        ) from None
    text = str(answer.get("SecretString") or "")
    if not key:
        return text
    try:
        found = json.loads(text)[key]
    except (ValueError, KeyError, TypeError):
        raise CannotStart(
            f"{_PULL}unable to retrieve secret from asm: {_ONCE}retrieved secret from Secrets Manager did not contain "
            f"json key {key}"
        ) from None
    return found if isinstance(found, str) else json.dumps(found)


def _from_ssm(value_from: str, account: str, region: str) -> str:
    region = value_from.split(":")[3] if value_from.startswith("arn:") else region
    name = re.sub(r"^arn:[^/]+:parameter/?", "/", value_from) if value_from.startswith("arn:") else value_from
    backend = ssm_backends[account][region]
    for candidate in (name, name.removeprefix("/")):
        parameter = backend.get_parameter(candidate)
        if parameter is not None:
            return str(parameter.response_object(decrypt=True)["Value"])
    raise CannotStart(
        f"{_PULL}unable to retrieve secrets from ssm: {_ONCE}invalid parameters: {value_from}: ParameterNotFound"
    )
