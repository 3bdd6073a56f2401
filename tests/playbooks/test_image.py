"""What the image role says when it cannot build or find an image."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conftest import Play


def test_no_docker_engine_is_a_sentence_that_says_what_to_do(play: Play, tmp_path: Path) -> None:
    run = play("build.yml", env={"DOCKER_HOST": f"unix://{tmp_path}/none.sock"}, image_source="build")
    (message,) = [result["msg"] for result in run.results("build | Require a Docker engine")]
    assert message.startswith("Wanted a Docker engine with buildx to build the image; found none")
    assert "set image_source to prebuilt and image_uri" in message


def test_deploy_alone_wants_the_image_of_this_source(play: Play) -> None:
    assert play("build.yml").status == 0
    run = play("deploy.yml", image_source="build")
    (message,) = [result["msg"] for result in run.results("find | Require the image")]
    assert "Run playbooks/build.yml first" in message
    assert run.writes == []


def test_a_prebuilt_image_is_taken_as_it_is(play: Play, client: Callable[[str], Any]) -> None:
    uri = f"registry.example/quilt-mcp-server@sha256:{'0' * 64}"
    run = play("deploy.yml", "--check", image_source="prebuilt", image_uri=uri)
    assert run.status == 0, run.failures
    (found,) = run.results("Keep the task definition")
    assert found["task_definition"]["container_definitions"][0]["image"] == uri


def test_another_platform_reaches_the_task_and_changes_the_tag(play: Play) -> None:
    uris = []
    for platform, architecture in (("linux/amd64", "X86_64"), ("linux/arm64", "ARM64")):
        run = play("site.yml", "--check", mcp_server_platform=platform)
        assert run.status == 0, run.failures
        definition = run.results("Keep the task definition")[0]["task_definition"]
        assert definition["runtime_platform"]["cpu_architecture"] == architecture
        uris.append(definition["container_definitions"][0]["image"])
    assert uris[0] != uris[1]
