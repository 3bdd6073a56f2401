"""What the parts of a task definition say of each other: volumes, containers, log router, names of variables. Pure.

Known as ECS's own words are those about secrets, log routers, unknown volumes and `volumesFrom`, and that a container
which is waited for until it ends cannot be essential. The words about other dependencies could not be checked.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from .errors import client

Document = dict[str, Any]

_UNTIL_IT_ENDS = ("COMPLETE", "SUCCESS")


def validate(document: Document) -> None:
    """Raise ClientException for the first reference that leads nowhere."""
    containers: list[Document] = document["containerDefinitions"]
    by_name = {str(container.get("name")): container for container in containers}
    volumes = {volume.get("name") for volume in document.get("volumes", [])}
    for container in containers:
        for mount in container.get("mountPoints") or []:
            if mount.get("sourceVolume") not in volumes:
                raise client(f"Unknown volume '{mount.get('sourceVolume')}'.")
        for source in container.get("volumesFrom") or []:
            if source.get("sourceContainer") not in by_name:
                raise client(f"Invalid 'volumesFrom' setting. Unknown container: '{source.get('sourceContainer')}'.")
        for dependency in container.get("dependsOn") or []:
            _validate_dependency(container, dependency, by_name)
        _validate_variables(container)
        paths = Counter(mount.get("containerPath") for mount in container.get("mountPoints") or [])
        if any(number > 1 for number in paths.values()):
            raise client("Duplicate containerPath in the mountPoints of a container.")
    if document.get("networkMode") == "awsvpc":
        _validate_ports(containers)
    if _circular(by_name):
        raise client("Invalid 'dependsOn' setting. The dependencies between containers form a cycle.")
    _validate_log_router(containers)


def check_secret_names(environment: list[Document], secrets: list[Document]) -> None:
    """Raise ClientException for a variable that a secret has the name of."""
    names = {item.get("name") for item in environment}
    for secret in secrets:
        if secret.get("name") in names:
            raise client(
                "The secret name must be unique and not shared with any new or existing environment variables set on "
                f"the container, such as '{secret.get('name')}'."
            )


def _validate_variables(container: Document) -> None:
    secrets = container.get("secrets") or []
    twice = [str(name) for name, number in Counter(item.get("name") for item in secrets).items() if number > 1]
    if twice:
        raise client(f"Duplicate secret names found: {', '.join(twice)}. Each secret name must be unique.")
    check_secret_names(container.get("environment") or [], secrets)


def _validate_dependency(container: Document, dependency: Document, by_name: dict[str, Document]) -> None:
    name, condition = str(dependency.get("containerName")), dependency.get("condition")
    if name not in by_name or name == container.get("name"):
        raise client(f"Invalid 'dependsOn' setting. Unknown container: '{name}'.")
    other = by_name[name]
    if condition in _UNTIL_IT_ENDS and other.get("essential", True) is not False:
        raise client("A dependency container with SUCCESS or COMPLETE condition cannot be an essential container")
    if condition == "HEALTHY" and not other.get("healthCheck"):
        raise client(f"Invalid 'dependsOn' setting. The container '{name}' has no health check to be HEALTHY by.")


def _validate_ports(containers: list[Document]) -> None:
    """With awsvpc the containers of a task share its ports."""
    ports = Counter(
        (port.get("containerPort"), port.get("protocol") or "tcp")
        for container in containers
        for port in container.get("portMappings") or []
        if port.get("containerPort")
    )
    twice = [port for (port, _protocol), number in ports.items() if number > 1]
    if twice:
        raise client(f"Two containers of a task cannot have the port {twice[0]} when networkMode=awsvpc.")


def _circular(by_name: dict[str, Document]) -> bool:
    """Whether a container waits for itself, over others."""
    left = {
        name: {str(one.get("containerName")) for one in container.get("dependsOn") or []}
        for name, container in by_name.items()
    }
    while free := [name for name, needed in left.items() if not needed & left.keys()]:
        for name in free:
            del left[name]
    return bool(left)


def _validate_log_router(containers: list[Document]) -> None:
    routers = [container for container in containers if container.get("firelensConfiguration")]
    routed = [
        container
        for container in containers
        if (container.get("logConfiguration") or {}).get("logDriver") == "awsfirelens"
    ]
    if routed and not routers:
        raise client(
            "When awsfirelens log driver is specified in log configuration, a firelens configuration object must be "
            "configured in one of the containers."
        )
    if routers and not routed:
        raise client(
            "When a firelensConfiguration object is specified, at least one container has to be configured with the "
            "awsfirelens log driver."
        )
    if len(routers) > 1:
        raise client("Only one container can have a firelensConfiguration.")
    for router in routers:
        user = router.get("user")
        if user and str(user).partition(":")[0] != "0":
            raise client("If 'user' field is specified on firelens container, then 'UID' has to be '0'.")
