# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.
"""Asks the registry and the Docker engine for the digest of a base image. Changes nothing and pulls nothing."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Sequence
from dataclasses import replace
from threading import Timer
from typing import Any, NamedTuple

from .base import Base

Run = Callable[[Sequence[str]], tuple[int, str, str]]

TIMEOUT = 60  # seconds for a registry that does not answer
KILLED = -signal.SIGKILL


class Found(NamedTuple):
    """A base, with its digest where that is known.

    Args:
        refusal: what the registry said instead of the digest.
        engine: whether there is an engine that could build.
    """

    base: Base
    refusal: str = ""
    engine: bool = True

    @property
    def buildable(self) -> bool:
        """Whether nothing speaks against a build that an engine would not say itself."""
        return bool(self.base.digest) or not self.engine or not self.refusal


def look_up(base: Base, run: Run) -> Found:
    """The base with its digest: that of its registry; else of the image that the engine pulled; else the image's ID.

    The registry comes first, as only it knows of a newer image of the same name.

    run: runs docker with these arguments; see docker_runner().
    """
    if base.digest:
        return Found(base)
    status, output, refusal = run(
        ["buildx", "imagetools", "inspect", base.name, "--format", "{{json .Manifest.Digest}}"]
    )
    if not status and (digest := output.strip().strip('"')).startswith("sha256:"):
        return Found(replace(base, digest=digest, origin="registry"))
    status, output, error = run(["image", "inspect", base.name, "--format", "{{json .}}"])
    if not status:
        image = json.loads(output)
        digests = [one.rpartition("@") for one in image.get("RepoDigests") or []]
        digest = next((digest for name, _at, digest in digests if name == _repository(base.name)), "")
        if digest:
            return Found(replace(base, digest=digest, origin="engine"), _last_line(refusal))
        return Found(replace(base, digest=image["Id"], origin="image_id"), _last_line(refusal))
    return Found(base, _last_line(refusal), "no such image" in error.lower())


def docker_runner(module: Any) -> Run:
    """Runs the docker command of the module's machine; without one every run fails."""
    client = module.get_bin_path("docker")

    def run(arguments: Sequence[str]) -> tuple[int, str, str]:
        if client is None:
            return 127, "", "there is no docker command"
        limits: list[Timer] = []

        def limit(process: Any) -> None:
            limits.append(Timer(TIMEOUT, process.kill))
            limits[0].start()

        status, output, error = module.run_command([client, *arguments], before_communicate_callback=limit)
        limits[0].cancel()
        return (124, "", f"no answer within {TIMEOUT} seconds") if status == KILLED else (status, output, error)

    return run


def _repository(name: str) -> str:
    """The name without its tag, as the engine lists it."""
    head, slash, last = name.rpartition("/")
    repository = f"{head}{slash}{last.partition(':')[0]}"
    return repository.removeprefix("docker.io/").removeprefix("library/")


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1].removeprefix("ERROR: ") if lines else "no reason was given"
