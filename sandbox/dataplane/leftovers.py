"""What a sandbox may have left running: containers and networks of tasks, and a registry without its daemon."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import docker
from docker.errors import APIError, DockerException

LABEL = "quilt.sandbox"


def remove_containers(home_id: str) -> list[str]:
    """Remove every container, network and volume with the label quilt.sandbox=<home_id>; returns their names."""
    removed: list[str] = []
    # No engine: nothing can be left in it.
    with contextlib.suppress(DockerException), contextlib.closing(docker.from_env(timeout=60)) as client:
        filters: dict[str, str | list[str] | bool] = {"label": f"{LABEL}={home_id}"}
        for container in client.containers.list(all=True, filters=filters, ignore_removed=True):
            with contextlib.suppress(APIError):
                container.remove(force=True, v=True)
                removed.append(str(container.name))
        others: list[Any] = [*client.networks.list(filters=filters), *client.volumes.list(filters=filters)]
        for found in others:
            with contextlib.suppress(APIError):
                found.remove()
                removed.append(str(found.name))
    return removed


def remove_images(registry: str | None) -> None:
    """Remove the images whose names begin with a registry (127.0.0.1:PORT) that has ended; shared layers stay."""
    if not registry:
        return
    with contextlib.suppress(DockerException), contextlib.closing(docker.from_env(timeout=60)) as client:
        for image in client.images.list():
            for name in (*image.tags, *(image.attrs.get("RepoDigests") or ())):
                if name.startswith(f"{registry}/"):
                    with contextlib.suppress(APIError):
                        client.images.remove(name)


def command_line(pid: int) -> str:
    """The command line of a process, empty when there is none."""
    # -ww: a process that has imported readline passes COLUMNS on, and ps would cut the line there.
    shown = subprocess.run(["ps", "-ww", "-p", str(pid), "-o", "args="], capture_output=True, text=True, check=False)
    return shown.stdout.strip()


def kill_registry(pid: object, folder: Path) -> None:
    """End the registry of a daemon that was killed; `pid` is believed only if that process serves `folder`."""
    if not isinstance(pid, int):
        return
    if str(folder) in command_line(pid):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
