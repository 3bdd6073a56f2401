"""Task definitions: what ECS refuses, and what it fills in. Pure.

AWS facts restored here: every field of the request is kept and echoed (moto drops some); containers get their defaults
(cpu 0, essential true, empty lists, tcp, hostPort = containerPort with awsvpc, health-check numbers); a bare volume is
answered with `host: {}`; impossible Fargate sizes are refused. The order of environment and secrets is not defined by
the service; it is sorted here so that a client which compares lists by order is found out.
The wording of the rarer refusals could not be checked against AWS itself.
"""

from __future__ import annotations

import copy
import re
from typing import Any

from . import references
from .errors import client

Document = dict[str, Any]

_GIB = 1024
# cpu units -> memory in MiB; AWS: "Task CPU and memory" of the Fargate developer guide.
FARGATE_SIZES: dict[int, list[int]] = {
    256: [512, 1 * _GIB, 2 * _GIB],
    512: [n * _GIB for n in range(1, 5)],
    1024: [n * _GIB for n in range(2, 9)],
    2048: [n * _GIB for n in range(4, 17)],
    4096: [n * _GIB for n in range(8, 31)],
    8192: [n * _GIB for n in range(16, 61, 4)],
    16384: [n * _GIB for n in range(32, 121, 8)],
}
_HEALTH_CHECK_DEFAULTS = {"interval": 30, "timeout": 5, "retries": 3}
_HEALTH_CHECK_RANGES = {"interval": (5, 300), "timeout": (2, 60), "retries": (1, 10), "startPeriod": (0, 300)}
_NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")
# AWS (ContainerDefinition.image): letters, digits, hyphens, underscores, colons, periods, slashes and number signs; `@`
# before a digest.
_IMAGE = re.compile(r"[\w:./#@+-]+", re.ASCII)
_NOT_ON_FARGATE = ("disableNetworking", "dnsSearchDomains", "dnsServers", "dockerSecurityOptions", "extraHosts")
_FARGATE_LOG_DRIVERS = ("awslogs", "splunk", "awsfirelens")


def fill(request: Document) -> Document:
    """RegisterTaskDefinition's request -> the document without its identity (ARN, revision, status, dates)."""
    document = {key: copy.deepcopy(value) for key, value in request.items() if key != "tags" and value is not None}
    fargate = "FARGATE" in document.get("requiresCompatibilities", [])
    for size, units in (("cpu", "vcpu"), ("memory", "gb")):
        if size in document:
            document[size] = _units(str(document[size]), units)
    _validate(document, fargate)
    document["networkMode"] = document.get("networkMode", "bridge")
    document["containerDefinitions"] = [
        _fill_container(container, document["networkMode"]) for container in document["containerDefinitions"]
    ]
    document["volumes"] = [_fill_volume(volume) for volume in document.get("volumes", [])]
    document.setdefault("placementConstraints", [])
    document["compatibilities"] = ["EC2", "FARGATE"] if fargate else ["EC2"]
    document["requiresAttributes"] = [{"name": name} for name in _attributes(document)]
    return document


def _attributes(document: Document) -> list[str]:
    """What an instance must be able to do. AWS's list is longer; these are the ones that say something."""
    containers = document["containerDefinitions"]
    secrets = [item["valueFrom"] for container in containers for item in container.get("secrets", [])]
    needs = {
        "ecs.capability.task-eni": document["networkMode"] == "awsvpc",
        "com.amazonaws.ecs.capability.task-iam-role": "taskRoleArn" in document,
        "ecs.capability.container-health-check": any("healthCheck" in container for container in containers),
        "com.amazonaws.ecs.capability.logging-driver.awslogs": any(
            container.get("logConfiguration", {}).get("logDriver") == "awslogs" for container in containers
        ),
        "ecs.capability.secrets.asm.environment-variables": any(":secretsmanager:" in one for one in secrets),
        "ecs.capability.secrets.ssm.environment-variables": any(":secretsmanager:" not in one for one in secrets),
    }
    return [name for name, needed in needs.items() if needed]


def _units(value: str, unit: str) -> str:
    """ "0.25 vCPU" -> "256", "0.5 GB" -> "512": ECS answers with units, however it was asked."""
    match = re.fullmatch(rf"\s*([0-9]*\.?[0-9]+)\s*{unit}s?\s*", value, re.IGNORECASE)
    return str(int(float(match[1]) * 1024)) if match else value


def _fill_volume(volume: Document) -> Document:
    if efs := volume.get("efsVolumeConfiguration"):
        # AWS (EFSVolumeConfiguration): "/ will have the same effect as omitting this parameter". That it is stored, and
        # the period below, could not be checked; a client takes either.
        return {**volume, "efsVolumeConfiguration": {"rootDirectory": "/", **efs}}
    configured = [key for key in volume if key.endswith("Configuration") or key in ("host", "configuredAtLaunch")]
    return volume if configured else {**volume, "host": {}}


def _fill_container(container: Document, network_mode: str) -> Document:
    filled: Document = {
        "cpu": 0,
        "portMappings": [],
        "essential": True,
        "environment": [],
        "mountPoints": [],
        "volumesFrom": [],
        "systemControls": [],
        **{key: value for key, value in container.items() if value is not None},
    }
    filled["portMappings"] = [_fill_port(port, network_mode) for port in filled["portMappings"]]
    for named in ("environment", "secrets"):
        if named in filled:
            filled[named] = sorted(filled[named], key=lambda item: str(item.get("name")))
    if filled.get("firelensConfiguration"):
        # ECS runs a log router as root and says so in the definition.
        filled["user"] = filled.get("user") or "0"
    if "restartPolicy" in filled:
        # AWS (ContainerRestartPolicy): "By default, a container must run for 300 seconds before it can be restarted."
        filled["restartPolicy"] = {"restartAttemptPeriod": 300, **filled["restartPolicy"]}
    if "healthCheck" in filled:
        filled["healthCheck"] = {**_HEALTH_CHECK_DEFAULTS, **filled["healthCheck"]}
    return filled


def _fill_port(port: Document, network_mode: str) -> Document:
    host_port = port.get("containerPort") if network_mode in ("awsvpc", "host") else 0
    return {"protocol": "tcp", **({} if host_port is None else {"hostPort": host_port}), **port}


def _validate(document: Document, fargate: bool) -> None:
    if not document.get("family"):
        raise client("Family should not be null or empty.")
    if not _NAME.fullmatch(document["family"]):
        raise client("Family contains invalid characters.")
    containers = document.get("containerDefinitions") or []
    if not containers:
        raise client("Container list cannot be empty.")
    names = [container.get("name") for container in containers]
    if len(set(names)) != len(names):
        raise client("Container names must be unique within a task definition.")
    if not any(container.get("essential", True) for container in containers):
        raise client("At least one container must be marked as essential.")
    for role in ("taskRoleArn", "executionRoleArn"):
        # AWS checks the form here and the role itself when a task starts.
        if document.get(role) and not re.fullmatch(r"arn:[\w-]+:iam::\d{12}:role/.+|[\w+=,.@-]+", document[role]):
            raise client("Role is not valid")
    for container in containers:
        _validate_container(container, document)
    references.validate(document)
    for volume in document.get("volumes") or []:
        _validate_efs(volume.get("efsVolumeConfiguration") or {})
    if fargate:
        _validate_fargate(document, containers)


def _validate_container(container: Document, document: Document) -> None:
    for required in ("name", "image"):
        if not container.get(required):
            raise client(f"Container.{required} should not be null or empty.")
    name = container["name"]
    if not (document.get("memory") or container.get("memory") or container.get("memoryReservation")):
        raise client(
            f"Invalid setting for container '{name}'. "
            "At least one of 'memory' or 'memoryReservation' must be specified."
        )
    if not _NAME.fullmatch(name):
        raise client("Container.name contains invalid characters.")
    if not _IMAGE.fullmatch(container["image"]):
        raise client("Container.image contains invalid characters.")
    if container.get("links") and document.get("networkMode", "bridge") != "bridge":
        raise client("Links are not supported when networkMode is not bridge.")
    if container.get("secrets") and not document.get("executionRoleArn"):
        raise client("When you are specifying container secrets, you must also specify a value for 'executionRoleArn'.")
    if "healthCheck" in container:
        _validate_health_check(container["healthCheck"])
    if document.get("networkMode") == "awsvpc":
        for port in container.get("portMappings", []):
            if port.get("hostPort", port.get("containerPort")) != port.get("containerPort"):
                raise client("When networkMode=awsvpc, the host ports and container ports in port mappings must match.")


def _validate_efs(efs: Document) -> None:
    """The wording could not be checked against AWS."""
    access = efs.get("authorizationConfig") or {}
    if (access.get("accessPointId") or access.get("iam") == "ENABLED") and efs.get("transitEncryption") != "ENABLED":
        raise client("EFS authorization requires that transit encryption is enabled.")
    if access.get("accessPointId") and (efs.get("rootDirectory") or "/") != "/":
        raise client("The root directory must be omitted or / when an EFS access point is specified.")


def _validate_health_check(check: Document) -> None:
    if not check.get("command") or check["command"][0] not in ("CMD", "CMD-SHELL", "NONE"):
        raise client("HealthCheck.command must start with CMD, CMD-SHELL or NONE.")
    for field, (low, high) in _HEALTH_CHECK_RANGES.items():
        if field in check and not low <= check[field] <= high:
            raise client(f"HealthCheck.{field} must be between {low} and {high}.")


def _validate_fargate(document: Document, containers: list[Document]) -> None:
    if document.get("networkMode") != "awsvpc":  # unset is bridge, whatever the launch type
        raise client("Fargate only supports network mode 'awsvpc'.")
    for size in ("cpu", "memory"):
        if not document.get(size):
            raise client(f"Fargate requires that '{size}' be defined at the task level.")
    cpu, memory = document["cpu"], document["memory"]
    if not (cpu.isdigit() and memory.isdigit() and int(memory) in FARGATE_SIZES.get(int(cpu), [])):
        raise client(
            f"No Fargate configuration exists for given values: {cpu} CPU, {memory} memory. "
            "See the Amazon ECS documentation for the valid values."
        )
    storage = (document.get("ephemeralStorage") or {}).get("sizeInGiB", 21)
    if not 21 <= storage <= 200:
        raise client("EphemeralStorage.sizeInGiB must be between 21 and 200 on Fargate.")
    _validate_shares(containers, int(cpu), int(memory))
    for volume in document.get("volumes") or []:
        if (volume.get("host") or {}).get("sourcePath"):
            raise client("host.sourcePath should not be set for volumes in Fargate.")
        if volume.get("dockerVolumeConfiguration"):
            raise client("dockerVolumeConfiguration is not supported in Fargate.")
    for container in containers:
        _validate_fargate_container(container, bool(document.get("executionRoleArn")))


def _validate_shares(containers: list[Document], cpu: int, memory: int) -> None:
    """AWS (task size): "the total amount of memory reserved for all containers within a task must be lower"."""
    if sum(container.get("memoryReservation") or container.get("memory") or 0 for container in containers) > memory:
        raise client("Invalid setting for container. The total memory of the containers exceeds the task's 'memory'.")
    if sum(container.get("cpu") or 0 for container in containers) > cpu:
        raise client("The 'cpu' of the containers must not exceed the task's 'cpu'.")
    if any((container.get("memory") or 0) > memory for container in containers):
        raise client("Invalid setting for container. The 'memory' must not exceed the task's 'memory'.")


def _validate_fargate_container(container: Document, has_execution_role: bool) -> None:
    if not 0 <= container.get("stopTimeout", 0) <= 120:
        raise client("Container.stopTimeout must be at most 120 seconds on Fargate.")
    if container.get("privileged"):
        raise client("Fargate does not support privileged containers.")
    # AWS (task definition differences for Fargate); the wording could not be checked.
    for parameter in _NOT_ON_FARGATE:
        if container.get(parameter):
            raise client(f"Fargate does not support '{parameter}'.")
    driver = container.get("logConfiguration", {}).get("logDriver")
    if driver and driver not in _FARGATE_LOG_DRIVERS:
        raise client(f"Fargate only supports the log drivers {', '.join(_FARGATE_LOG_DRIVERS)}; found '{driver}'.")
    if driver == "awslogs" and not has_execution_role:
        raise client("Fargate requires task definition to have execution role ARN to support log driver awslogs.")
    if ".dkr.ecr." in container["image"] and not has_execution_role:
        raise client("Fargate requires task definition to have execution role ARN to support ECR images.")
    if (container.get("firelensConfiguration") or {}).get("options", {}).get("config-file-type") == "s3":
        raise client("Fargate only supports the file configuration file type of a firelensConfiguration.")
