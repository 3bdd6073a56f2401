"""Tasks as containers of a Docker engine, in the shape that ECS itself uses.

A task is a pause container, which owns the network namespace, and its containers, which join it. The pause container
publishes the task's ports on random loopback ports and carries connections from the namespace's own 127.0.0.1:4566 to
the sandbox's unix socket, so a container reaches AWS and its credentials on its own loopback, as in Fargate, and the
socket is mounted into the pause container only. (Docker Desktop cannot mount a socket of its host; there the way is
host.docker.internal.) It runs the Python of the task's first image: no further image is needed, and its entry point is
overridden, not the application's.
"""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Iterable, Mapping
from typing import Any

import docker
from docker.errors import APIError, DockerException, ImageNotFound, NotFound
from docker.types import Healthcheck, Mount

from sandbox.dataplane import leftovers
from sandbox.dataplane.context import Context
from sandbox.dataplane.leftovers import LABEL
from sandbox.dataplane.tasks.engine import CannotStart, ContainerSpec, ContainerState, Health, TaskSpec, Write
from sandbox.network import Address
from sandbox.pace import wait_of

PORT = 4566
_SOCKET = "/run/sandbox-aws.sock"
_NANO = 1_000_000_000
# The least that Docker takes as a health check's interval.
_SHORTEST_INTERVAL = 0.2

# Forwards 127.0.0.1:PORT to the address in its arguments, one thread per direction, until it is killed.
_PAUSE = f"""
import socket, sys, threading
def dial():
    if len(sys.argv) > 2: return socket.create_connection((sys.argv[1], int(sys.argv[2])))
    aws = socket.socket(socket.AF_UNIX); aws.connect(sys.argv[1]); return aws
def pump(source, sink):
    try:
        while chunk := source.recv(65536): sink.sendall(chunk)
        sink.shutdown(socket.SHUT_WR)
    except OSError: pass
def serve(client):
    with client, dial() as aws:
        back = threading.Thread(target=pump, args=(aws, client), daemon=True)
        back.start(); pump(client, aws); back.join()
listener = socket.create_server(("127.0.0.1", {PORT}), backlog=128)
while True: threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
"""


class DockerEngine:
    """The engine of `docker.from_env()`. Containers and volumes carry the sandbox's label."""

    endpoint = f"http://127.0.0.1:{PORT}"

    def __init__(self, context: Context) -> None:
        self._context = context
        self._client: Any = docker.from_env(timeout=120)
        self._labels = {LABEL: context.home_id}
        leftovers.remove_containers(context.home_id)  # of a sandbox of this folder that was killed

    def pull(self, image: str, platform: str) -> str | None:
        reference = self._local_name(image)
        try:
            found = self._find(reference, platform)
        except (ImageNotFound, NotFound) as error:
            raise _cannot_pull(f"failed to resolve ref {image}: {error.explanation or error}") from None
        except (APIError, DockerException) as error:
            raise _cannot_pull(f"failed to resolve ref {image}: {error}") from None
        architecture = platform.removeprefix("linux/")
        if found.attrs.get("Architecture") != architecture:
            raise CannotStart(
                "CannotPullContainerError: pull image manifest has been retried 1 time(s): image Manifest does not "
                f"contain descriptor matching platform '{platform}'"
            )
        digests = [name.partition("@")[2] for name in found.attrs.get("RepoDigests") or []]
        return reference.partition("@")[2] or next(iter(digests), None)

    def start(self, task: TaskSpec, output: Mapping[str, Write]) -> DockerTask:
        running = DockerTask(self._client, task)
        try:
            running.start_pause(self._local_name(task.containers[0].image), self._context, self._labels)
            for container in task.containers:
                running.start_container(container, self._local_name(container.image), self._labels, output)
        except DockerException as error:
            running.remove()
            raise CannotStart(f"CannotStartContainerError: {getattr(error, 'explanation', None) or error}") from None
        return running

    def close(self) -> None:
        leftovers.remove_containers(self._context.home_id)
        leftovers.remove_images(self._context.registry)
        self._client.close()

    def _local_name(self, image: str) -> str:
        """ECR's host name of this account is the sandbox's registry."""
        host = f"{self._context.account_id}.dkr.ecr.{self._context.region}.amazonaws.com/"
        if image.startswith(host) and self._context.registry:
            return f"{self._context.registry}/{image.removeprefix(host)}"
        return image

    def _find(self, reference: str, platform: str) -> Any:
        """Pull from the sandbox's registry always, as Fargate does; other images only when they are not here."""
        registry = self._context.registry
        if registry and reference.startswith(f"{registry}/"):
            name, separator, tag = reference.partition("@") if "@" in reference else reference.rpartition(":")
            return self._client.images.pull(
                name, tag if separator else None, platform=platform, auth_config=self._context.registry_auth
            )
        try:
            return self._client.images.get(reference)
        except ImageNotFound:
            return self._client.images.pull(reference, platform=platform)


class DockerTask:
    """The containers of one task."""

    def __init__(self, client: Any, task: TaskSpec) -> None:
        self._client = client
        self._task = task
        self._pause: Any = None
        self._containers: dict[str, Any] = {}
        self._volumes: dict[str, Any] = {}
        self._readers: list[threading.Thread] = []
        self._last: dict[str, ContainerState] = {}

    def start_pause(self, image: str, context: Context, labels: Mapping[str, str]) -> None:
        native = sys.platform == "linux"
        control_plane = [_SOCKET] if native else ["host.docker.internal", context.endpoint_url.rpartition(":")[2]]
        ports = [port for container in self._task.containers for port in container.ports]
        self._pause = self._client.containers.run(
            image,
            entrypoint=["python3", "-I", "-S", "-c", _PAUSE],
            command=control_plane,
            detach=True,
            name=f"quilt-{self._task.id[:12]}-pause",
            labels={**labels, "quilt.task": self._task.id},
            ports={f"{port}/tcp": ("127.0.0.1", None) for port in ports},
            volumes={str(context.aws_socket): {"bind": _SOCKET, "mode": "rw"}} if native else {},
            user="65534:65534",
            read_only=True,
            cap_drop=["ALL"],
            security_opt=["no-new-privileges"],
            mem_limit="64m",
            pids_limit=256,
            healthcheck={"test": ["NONE"]},
        )

    def start_container(
        self, spec: ContainerSpec, image: str, labels: Mapping[str, str], output: Mapping[str, Write]
    ) -> None:
        filled = self._client.images.get(image).attrs["Config"].get("Volumes") or {}
        container = self._client.containers.create(
            image,
            entrypoint=list(spec.entry_point) if spec.entry_point else None,
            command=list(spec.command) if spec.command else None,
            name=f"quilt-{self._task.id[:12]}-{spec.name}",
            labels={**labels, "quilt.task": self._task.id},
            environment=dict(spec.environment),
            network_mode=f"container:{self._pause.id}",
            user=spec.user,
            working_dir=spec.working_directory,
            read_only=spec.read_only,
            nano_cpus=int(spec.cpu * _NANO),
            mem_limit=f"{spec.memory}m",
            memswap_limit=f"{spec.memory}m",
            init=spec.init,
            tmpfs=dict(spec.tmpfs),
            mounts=[
                # Fargate gives root an empty folder (0755), unless the image says VOLUME of that very path; then it has
                # the image's content and owner. https://docs.aws.amazon.com/AmazonECS/latest/developerguide/bind-mounts.html
                Mount(
                    mount.path,
                    self._volume(mount.volume, labels),
                    read_only=mount.read_only,
                    no_copy=mount.path not in filled,
                )
                for mount in spec.mounts
            ],
            healthcheck=_health_check(spec),
        )
        self._containers[spec.name] = container
        container.start()
        reader = threading.Thread(target=_copy_output, args=(container, output[spec.name]), daemon=True)
        reader.start()
        self._readers.append(reader)

    def address(self, port: int) -> Address | None:
        self._pause.reload()
        bindings = self._pause.attrs["NetworkSettings"]["Ports"].get(f"{port}/tcp") or []
        return ("127.0.0.1", int(bindings[0]["HostPort"])) if bindings else None

    def states(self) -> dict[str, ContainerState]:
        for name, container in self._containers.items():
            try:
                container.reload()
            except NotFound:  # it was removed by hand
                self._last[name] = ContainerState(137, "UNKNOWN", "the container is gone")
            else:
                self._last[name] = _state(container)
        return dict(self._last)

    def stop(self) -> None:
        threads = [
            threading.Thread(target=self._stop_one, args=(self._containers[spec.name], spec.stop_timeout))
            for spec in self._task.containers
            if spec.name in self._containers
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def kill(self) -> None:
        for container in self._containers.values():
            with contextlib.suppress(APIError):
                container.kill()

    def remove(self) -> None:
        for container in [*self._containers.values(), self._pause]:
            if container is not None:
                with contextlib.suppress(APIError):
                    container.remove(force=True, v=True)
        for volume in self._volumes.values():
            with contextlib.suppress(APIError):
                volume.remove(force=True)
        for reader in self._readers:
            reader.join(timeout=5)

    def pids(self) -> dict[str, int]:
        return {}

    def _volume(self, name: str, labels: Mapping[str, str]) -> str:
        """The engine's volume for one of this task, made at its first use."""
        if name not in self._volumes:
            self._volumes[name] = self._client.volumes.create(f"quilt-{self._task.id[:12]}-{name}", labels=dict(labels))
        return str(self._volumes[name].name)

    @staticmethod
    def _stop_one(container: Any, timeout: float) -> None:
        with contextlib.suppress(APIError):
            container.stop(timeout=int(timeout))


def _state(container: Any) -> ContainerState:
    state = container.attrs["State"]
    ended = state["Status"] in ("exited", "dead")
    health: Health = "UNKNOWN"
    word = state.get("Health", {}).get("Status")
    if word in ("healthy", "unhealthy"):
        health = "HEALTHY" if word == "healthy" else "UNHEALTHY"
    reason = "OutOfMemoryError: Container killed due to memory usage" if state.get("OOMKilled") else None
    return ContainerState(int(state["ExitCode"]) if ended else None, health, reason, str(container.id))


def _health_check(spec: ContainerSpec) -> Any:
    """The task definition's check; the image's own is switched off, for ECS ignores it."""
    check = spec.health_check
    if check is None:
        return Healthcheck(test=["NONE"])
    interval = int(max(wait_of(check.interval), _SHORTEST_INTERVAL) * _NANO)
    return {
        "Test": list(check.command),
        "Interval": interval,
        "Timeout": int(check.timeout * _NANO),
        "Retries": check.retries,
        "StartPeriod": int(check.start_period * _NANO),
        # Docker 25 and later would look every 5 s in the start period, whatever the interval is.
        "StartInterval": interval,
    }


def _copy_output(container: Any, write: Write) -> None:
    """Both streams, line by line, until the container ends."""
    rest = b""
    with contextlib.suppress(DockerException, OSError):
        chunks: Iterable[bytes] = container.logs(stream=True, follow=True)
        for chunk in chunks:
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                write(line.decode("utf-8", "replace").rstrip("\r"))
    if rest:
        write(rest.decode("utf-8", "replace"))


def _cannot_pull(text: str) -> CannotStart:
    return CannotStart(f"CannotPullContainerError: pull image manifest has been retried 1 time(s): {text}")
