"""How tasks run: on a Docker engine, or as processes where there is none."""

from __future__ import annotations

import contextlib
import os

import docker
from docker.errors import DockerException

from sandbox.dataplane.context import Engine


class NoEngine(Exception):
    """SANDBOX_ENGINE=docker was asked for, and no engine answers."""


def choose() -> tuple[Engine, str]:
    """How tasks will run, and a sentence about it. SANDBOX_ENGINE (docker or process) decides; unset: what there is.

    Raises NoEngine when docker is wanted and does not answer, ValueError for any other word.
    """
    wanted = os.environ.get("SANDBOX_ENGINE", "")
    if wanted not in ("", "docker", "process"):
        raise ValueError(f"SANDBOX_ENGINE is {wanted!r}; it must be docker or process, or be unset")
    if wanted == "process":
        return "process", "as local processes, for SANDBOX_ENGINE=process"
    version, problem = _version()
    if version:
        return "docker", f"as containers of Docker {version}"
    if wanted == "docker":
        raise NoEngine(
            f"SANDBOX_ENGINE=docker, but no Docker engine answers ({problem}); start it, or unset the variable"
        )
    return "process", "as local processes, for no Docker engine answers; no image is built or pulled"


def _version() -> tuple[str | None, str]:
    try:
        with contextlib.closing(docker.from_env(timeout=10)) as client:
            return str(client.version()["Version"]), ""
    except (DockerException, OSError) as error:
        return None, str(error).splitlines()[0][:200]
