"""What the name of a base image says, and who is asked for its digest."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest
from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.testing import patch_module_args
from ansible_collections.quilt.mcp_server.plugins.module_utils._image import base_lookup
from ansible_collections.quilt.mcp_server.plugins.module_utils._image.base import Base, parse_base, takes_base
from ansible_collections.quilt.mcp_server.plugins.module_utils._image.base_lookup import docker_runner, look_up

A, B, ID = (f"sha256:{digit * 64}" for digit in "abc")


@pytest.mark.parametrize(
    ("given", "name", "digest"),
    [
        ("python:3.13", "python:3.13", ""),
        (f"python:3.13@{A}", "python:3.13", A),
        (f"host:5000/a/python@{A}", "host:5000/a/python", A),
    ],
)
def test_a_base_is_named_by_a_tag_a_digest_or_both(given: str, name: str, digest: str) -> None:
    base = parse_base(given)
    assert (base.name, base.digest, base.origin, base.argument) == (name, digest, "given" if digest else "", given)
    assert base.short_digest == digest.removeprefix("sha256:")[:12]


@pytest.mark.parametrize(
    ("dockerfile", "found"),
    [
        ("# x\nARG BASE=python:3\nFROM ${BASE} AS b\n", (True, "python:3")),
        ("ARG OTHER=1\narg BASE='python:3'\nFROM x\n", (True, "python:3")),
        ("ARG BASE\nFROM ${BASE}\n", (True, "")),
        ("FROM python:3\nARG BASE=late\n", (False, "")),
        ("ARG BASE_OF=x\nFROM python:3\n", (False, "")),
    ],
)
def test_the_argument_before_the_first_stage_is_the_base(dockerfile: str, found: tuple[bool, str]) -> None:
    assert takes_base(dockerfile) == found


def docker(registry: str | None, image: dict[str, object] | None, down: str = "") -> list[list[str]]:
    """The arguments of docker's runs are in the list that `run` of it fills."""
    calls: list[list[str]] = []

    def run(arguments: Sequence[str]) -> tuple[int, str, str]:
        calls.append(list(arguments))
        if arguments[0] == "buildx":
            return (0, f'"{registry}"\n', "") if registry else (1, "", "warning\nERROR: no such host\n")
        return (0, json.dumps(image), "") if image else (1, "[]\n", down or "Error: No such image: python:3\n")

    docker.run = run  # type: ignore[attr-defined]
    return calls


def found(base: Base) -> tuple[str, str, str, bool, bool]:
    result = look_up(base, docker.run)  # type: ignore[attr-defined]
    return result.base.digest, result.base.origin, result.refusal, result.engine, result.buildable


def test_a_digest_that_is_given_is_looked_up_nowhere() -> None:
    calls = docker(B, None)
    assert found(parse_base(f"python:3@{A}")) == (A, "given", "", True, True)
    assert calls == []


def test_the_registry_knows_of_a_newer_base_than_the_engine() -> None:
    docker(B, {"Id": ID, "RepoDigests": [f"python@{A}"]})
    assert found(Base("python:3")) == (B, "registry", "", True, True)


@pytest.mark.parametrize("name", ["python:3", "docker.io/library/python:3", "docker.io/python", "library/python:3"])
def test_the_engine_answers_where_the_registry_does_not(name: str) -> None:
    docker(None, {"Id": ID, "RepoDigests": [f"host:5000/python@{B}", f"python@{A}"]})
    assert found(Base(name)) == (A, "engine", "no such host", True, True)


def test_an_image_that_was_built_on_the_engine_is_known_by_its_id() -> None:
    docker(None, {"Id": ID, "RepoDigests": []})
    assert found(Base("host:5000/python:3")) == (ID, "image_id", "no such host", True, True)
    assert look_up(Base("python:3"), docker.run).base.argument == "python:3"  # type: ignore[attr-defined]
    docker(None, {"Id": ID, "RepoDigests": [f"other@{A}"]})
    assert found(Base("python:3"))[:2] == (ID, "image_id"), "the digest of another repository is none of this name"


def test_without_an_image_an_engine_cannot_build_and_without_an_engine_it_says_so_itself() -> None:
    docker(None, None)
    assert found(Base("python:3")) == ("", "", "no such host", True, False)
    docker(None, None, "Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?")
    assert found(Base("python:3")) == ("", "", "no such host", False, True)
    none = SimpleNamespace(get_bin_path=lambda _name: None)
    assert look_up(Base("python:3"), docker_runner(none)) == (Base("python:3"), "there is no docker command", False)


def test_a_registry_that_does_not_answer_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    command = tmp_path / "docker"
    command.write_text("#!/bin/sh\nexec sleep 600\n")
    command.chmod(0o755)
    monkeypatch.setattr(base_lookup, "TIMEOUT", 0.2)
    with patch_module_args({}):
        module = AnsibleModule({})
    monkeypatch.setattr(module, "get_bin_path", lambda _name: str(command))
    assert docker_runner(module)(["info"]) == (124, "", "no answer within 0.2 seconds")
    command.write_text("#!/bin/sh\necho $1; exit 3\n")
    assert docker_runner(module)(["info"]) == (3, "info\n", "")
