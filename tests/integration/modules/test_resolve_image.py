"""resolve_image against the sandbox's ECR: what is deployed, what is refused, and that nothing is written."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.quilt.mcp_server.plugins.module_utils._ecr import image_client

from tests import ecr_images

REPOSITORY = "quilt-mcp-server"
URI = f"850787717197.dkr.ecr.us-east-1.amazonaws.com/{REPOSITORY}"
Gate = Callable[..., Any]


@pytest.fixture
def ecr(client: Any) -> Any:
    ecr = client("ecr")
    ecr.create_repository(repositoryName=REPOSITORY)
    return ecr


@pytest.fixture
def gate(run_module: Any, ecr: Any, monkeypatch: pytest.MonkeyPatch) -> Gate:
    """gate(image, ...): the module's result for a task on linux/amd64; it only reads."""
    monkeypatch.setattr(image_client, "PAUSE", 0.01)

    def run(image: str, check: bool = False, **parameters: Any) -> Any:
        given = {"repository_name": REPOSITORY, "source": "prebuilt", "task_platform": "linux/amd64", **parameters}
        result = run_module("resolve_image", check=check, uri=image, **given)
        assert result["writes"] == []
        return result

    return run


@pytest.mark.parametrize("check", [False, True])
def test_an_image_is_pinned_to_its_digest(gate: Gate, ecr: Any, check: bool) -> None:
    digest = ecr_images.push(ecr, REPOSITORY, "amd64", "1.0.0")
    for given in (f"{URI}:1.0.0", f"{URI}@{digest}", f"{URI}:1.0.0@{digest}"):
        result = gate(given, check=check)
        assert {name: result[name] for name in ("uri", "digest", "platforms", "scan", "found", "tag")} == {
            "uri": f"{URI}@{digest}",
            "digest": digest,
            "platforms": ["linux/amd64"],
            "scan": None,
            "found": True,
            "tag": "",
        }


def test_an_image_for_another_cpu_is_refused(gate: Gate, ecr: Any) -> None:
    digest = ecr_images.push(ecr, REPOSITORY, "arm64")
    message = gate(f"{URI}@{digest}")["msg"]
    assert message.startswith(f"Refused to deploy the image {URI}@{digest}:\n- ")
    assert "wanted an image for linux/amd64" in message
    assert "found linux/arm64" in message
    assert gate(f"{URI}@{digest}", task_platform="linux/arm64")["platforms"] == ["linux/arm64"]


def test_a_refusal_names_the_image_as_it_was_asked_for(gate: Gate, ecr: Any) -> None:
    digest = ecr_images.push(ecr, REPOSITORY, "arm64", "1")
    for asked, shown in ((":1", ":1"), (f":1@{digest}", f":1@{digest}"), (":2", ":2"), ("", ":latest")):
        message = gate(f"{URI}{asked}")["msg"]
        assert message.startswith(f"Refused to deploy the image {URI}{shown}:\n- "), message


def test_the_platform_can_be_assumed_where_s3_cannot_be_read(gate: Gate, ecr: Any) -> None:
    digest = ecr_images.push(ecr, REPOSITORY, "arm64", "1")
    result = gate(f"{URI}:1", assume_platform=True)
    assert (result["digest"], result["platforms"]) == (digest, ["linux/amd64"])
    assert "GetDownloadUrlForLayer" not in [call.operation for call in result["calls"]]
    arm = ecr_images.push(ecr, REPOSITORY, "arm64", "2")
    ecr_images.push_index(ecr, REPOSITORY, ("arm64", arm), tag="index")
    assert "found linux/arm64" in gate(f"{URI}:index", assume_platform=True)["msg"], "an index says it itself"


def test_an_index_is_for_all_that_it_lists_and_only_for_that(gate: Gate, ecr: Any) -> None:
    arm, amd = (ecr_images.push(ecr, REPOSITORY, name) for name in ("arm64", "amd64"))
    both = ecr_images.push_index(ecr, REPOSITORY, ("amd64", amd), ("arm64", arm), tag="both")
    result = gate(f"{URI}:both")
    assert result["digest"] == both
    assert result["platforms"] == ["linux/amd64", "linux/arm64"]
    ecr_images.push_index(ecr, REPOSITORY, ("arm64", arm), tag="arm")
    assert "found linux/arm64;" in gate(f"{URI}:arm")["msg"]


def test_an_image_that_is_not_there_is_refused(gate: Gate, ecr: Any) -> None:
    for given in (f"{URI}:none", f"{URI}@sha256:{'0' * 64}", f"{URI}s:1.0.0"):
        assert "found no such image there; push it" in gate(given)["msg"]


@pytest.mark.parametrize(
    "given", ["registry.example/app:1", "850787717197.dkr.ecr.eu-west-1.amazonaws.com/app:1", "no-image"]
)
def test_what_is_not_in_ecr_of_this_region_is_taken_as_it_is_with_a_warning(gate: Gate, given: str) -> None:
    result = gate(given)
    assert result["uri"] == given
    assert "neither its platform nor its digest was checked" in result["warnings"][0]
    assert "found it outside ECR" in gate(given, scan_threshold="LOW")["msg"]


def test_findings_from_the_threshold_on_are_named_and_refused(gate: Gate, ecr: Any, aws: Any) -> None:
    ecr.put_image_scanning_configuration(repositoryName=REPOSITORY, imageScanningConfiguration={"scanOnPush": True})
    digest = ecr_images.push(ecr, REPOSITORY, "amd64", "1.0.0")
    ecr_images.find_vulnerabilities(
        aws.url,
        REPOSITORY,
        digest,
        CVE_2026_1="HIGH",
        CVE_2026_2="CRITICAL",
        CVE_2026_3="MEDIUM",
        CVE_2026_4="UNDEFINED",
    )
    message = gate(f"{URI}:1.0.0", scan_threshold="HIGH")["msg"]
    assert "found CVE-2026-2 (CRITICAL, openssl 3.0.1), CVE-2026-1 (HIGH, openssl 3.0.1); build it" in message
    assert "CVE-2026-3" not in message
    assert "CVE-2026-3" in gate(f"{URI}:1.0.0", scan_threshold="LOW")["msg"]
    assert "CVE-2026-4" not in gate(f"{URI}:1.0.0", scan_threshold="LOW")["msg"]
    assert gate(f"{URI}:1.0.0")["digest"] == digest
    both = gate(f"{URI}:1.0.0", scan_threshold="CRITICAL", task_platform="linux/arm64")
    assert len(both["problems"]) == 2


def test_a_scan_is_awaited_and_that_of_an_index_is_its_images(gate: Gate, ecr: Any) -> None:
    ecr.put_image_scanning_configuration(repositoryName=REPOSITORY, imageScanningConfiguration={"scanOnPush": True})
    digest = ecr_images.push(ecr, REPOSITORY, "amd64")
    ecr_images.push_index(ecr, REPOSITORY, ("amd64", digest), tag="both")
    impatient = gate(f"{URI}:both", scan_threshold="LOW", scan_wait=0)
    assert "still IN_PROGRESS at the end of the wait; raise image_scan_wait" in impatient["msg"]
    result = gate(f"{URI}:both", scan_threshold="LOW")
    assert result["scan"]["status"] == "COMPLETE"


def test_an_image_that_nobody_scans_is_refused_with_what_to_do(gate: Gate, ecr: Any) -> None:
    ecr_images.push(ecr, REPOSITORY, "amd64", "1.0.0")
    message = gate(f"{URI}:1.0.0", scan_threshold="CRITICAL")["msg"]
    assert "the repository does not scan what is pushed; set ecr_scan_on_push" in message
    ecr.put_image_scanning_configuration(repositoryName=REPOSITORY, imageScanningConfiguration={"scanOnPush": True})
    message = gate(f"{URI}:1.0.0", scan_threshold="CRITICAL", scan_wait=1)["msg"]
    assert "pushed before scanning was on" in message


def test_a_configuration_that_cannot_be_read_is_said(gate: Gate, ecr: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    ecr_images.push(ecr, REPOSITORY, "amd64", "1.0.0")
    monkeypatch.setattr(image_client.Registry, "_layer_url", lambda self, digest: "http://127.0.0.1:9/x")
    assert "cannot be read from here" in gate(f"{URI}:1.0.0")["msg"]


@pytest.fixture
def context(tmp_path: Path) -> Path:
    """A build context of one file."""
    for name in ("Dockerfile", ".dockerignore", "server.py"):
        (tmp_path / name).write_text(name)
    return tmp_path


def test_the_image_of_a_source_is_found_by_the_hash_of_all_that_goes_into_it(
    run_module: Any, ecr: Any, context: Path
) -> None:
    given = {"repository_name": REPOSITORY, "context": str(context), "task_platform": "linux/amd64"}
    missing = run_module("resolve_image", **given)
    assert (
        "there is no such tag in ECR\n" in missing["msg"] and "Remedy: run playbooks/build.yml first" in missing["msg"]
    )
    foreseen = run_module("resolve_image", check=True, **given)
    assert (foreseen["found"], foreseen["uri"]) == (False, "known-after-apply")
    assert run_module("resolve_image", required=False, **given)["tag"] == foreseen["tag"]

    digest = ecr_images.push(ecr, REPOSITORY, "amd64", foreseen["tag"])
    found = run_module("resolve_image", **given)
    assert (found["uri"], found["digest"], found["found"]) == (f"{URI}@{digest}", digest, True)
    assert [call.operation for call in found["calls"]].count("BatchGetImage") == 1
    assert found["repository_arn"] == ecr.describe_repositories()["repositories"][0]["repositoryArn"]
    assert "found linux/amd64" in run_module("resolve_image", **{**given, "task_platform": "linux/arm64"})["msg"]
    (context / "server.py").write_text("another")
    assert run_module("resolve_image", check=True, **given)["tag"] != foreseen["tag"]


def test_a_context_without_a_dockerfile_is_a_sentence(run_module: Any, ecr: Any, tmp_path: Path) -> None:
    message = run_module("resolve_image", repository_name=REPOSITORY, context=str(tmp_path))["msg"]
    assert f"Reason: the build context in {tmp_path} needs a Dockerfile and a .dockerignore" in message


def test_what_was_resolved_before_is_taken_without_a_call(run_module: Any, ecr: Any) -> None:
    for uri, digest in ((f"{URI}@sha256:{'0' * 64}", f"sha256:{'0' * 64}"), ("process:quilt_mcp_server:src-1", "")):
        result = run_module("resolve_image", repository_name=REPOSITORY, resolved_uri=uri)
        assert (result["uri"], result["digest"], result["calls"]) == (uri, digest, [])


def test_a_process_has_the_tag_of_its_source_and_needs_no_call(run_module: Any, ecr: Any, context: Path) -> None:
    result = run_module("resolve_image", repository_name=REPOSITORY, source="process", context=str(context))
    assert result["uri"] == f"process:quilt_mcp_server:{result['tag']}"
    assert result["calls"] == []


def test_a_prebuilt_image_without_a_name_is_a_sentence(run_module: Any, ecr: Any) -> None:
    message = run_module("resolve_image", repository_name=REPOSITORY, source="prebuilt")["msg"]
    assert message.startswith("Refused to choose an image\nFound: image_uri is empty, and image_source is prebuilt\n")


A, B, ID = (f"sha256:{digit * 64}" for digit in "abc")
DOCKER = """#!/bin/sh
case "$1" in
  buildx) {registry} ;;
  image) {engine} ;;
esac
"""
DOWN = "echo 'ERROR: no such host' >&2; exit 1"
NO_IMAGE = "echo 'No such image: python:3' >&2; exit 1"
NO_ENGINE = "echo 'Cannot connect to the Docker daemon' >&2; exit 1"


@pytest.fixture
def docker(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """docker(registry, engine): from now on `docker` answers so."""
    folder = tmp_path_factory.mktemp("bin")
    monkeypatch.setenv("PATH", str(folder), prepend=":")

    def answer(registry: str = DOWN, engine: str = NO_IMAGE) -> None:
        (folder / "docker").write_text(DOCKER.format(registry=registry, engine=engine))
        (folder / "docker").chmod(0o755)

    return answer


@pytest.fixture
def based(run_module: Any, ecr: Any, context: Path) -> Gate:
    """based(...): the module's result for the image of a context whose Dockerfile takes a base."""
    (context / "Dockerfile").write_text("ARG BASE=python:3\nFROM ${BASE}\n")

    def run(check: bool = False, **parameters: Any) -> Any:
        given = {"repository_name": REPOSITORY, "context": str(context), **parameters}
        result = run_module("resolve_image", check=check, **given)
        assert result["writes"] == []
        return result

    return run


def test_another_digest_of_the_base_is_another_image_and_who_names_it_is_not(
    based: Gate, docker: Callable[..., None]
) -> None:
    build = {"look_up_base": True, "required": False}
    docker(f"echo '\"{A}\"'")
    first = based(**build)
    assert first["base"] == {"name": "python:3", "digest": A, "origin": "registry", "argument": f"python:3@{A}"}
    assert first["tag"].endswith("-" + "a" * 12) and not first["found"]
    docker()
    assert based(base=f"python:3@{A}", **build)["tag"] == first["tag"]
    assert based(build_args={"BASE": f"python:3@{A}"}, **build)["tag"] == first["tag"]
    docker(f"echo '\"{B}\"'")
    second = based(**build)["tag"]
    assert second.endswith("-" + "b" * 12) and second.rpartition("-")[0] == first["tag"].rpartition("-")[0]
    assert based(base=f"python:4@{A}", **build)["tag"].rpartition("-")[0] != first["tag"].rpartition("-")[0]


def test_what_takes_the_place_of_a_digest_is_said(based: Gate, docker: Callable[..., None]) -> None:
    build = {"look_up_base": True, "required": False}
    docker(engine=f"""echo '{{"Id": "{ID}", "RepoDigests": []}}'""")
    result = based(**build)
    assert result["base"] == {"name": "python:3", "digest": ID, "origin": "image_id", "argument": "python:3"}
    assert "named the digest of the base python:3 (no such host): the ID of the engine's own" in result["warnings"][0]
    docker()
    message = based(**build)["msg"]
    assert "Found: no registry named the digest of its base python:3 (no such host), and the engine has no" in message
    docker(engine=NO_ENGINE)
    result = based(**build)
    assert (result["found"], result["base"]["digest"], result.get("warnings")) == (False, "", None)


def test_a_deployment_takes_the_last_image_of_its_source_on_any_base(
    based: Gate, ecr: Any, docker: Callable[..., None]
) -> None:
    docker()
    message = based()["msg"]
    assert "-*\nFound: there is no such tag in ECR" in message
    source = based(check=True)["tag"]
    old = ecr_images.push(ecr, REPOSITORY, "amd64", f"{source}-{'b' * 12}", content="old")
    time.sleep(1.1)  # ECR's times are whole seconds here
    new = ecr_images.push(ecr, REPOSITORY, "amd64", f"{source}-{'a' * 12}", content="new")
    ecr_images.push(ecr, REPOSITORY, "amd64", "src-0-f", content="other")
    found = based()
    assert (found["tag"], found["digest"], found["found"]) == (f"{source}-{'a' * 12}", new, True)
    assert based(base=f"python:3@{B}")["digest"] == old
    assert based(look_up_base=True)["digest"] == new, "an image that is there needs no engine"


def test_a_tag_that_is_given_stands_for_the_source_and_its_base(
    based: Gate, ecr: Any, docker: Callable[..., None], tmp_path: Path
) -> None:
    docker(f"echo '\"{A}\"'")
    build = {"look_up_base": True, "required": False, "tag": "1.0.0"}
    assert (based(**build)["tag"], based(**build)["base"]["digest"]) == ("1.0.0", A)
    digest = ecr_images.push(ecr, REPOSITORY, "amd64", "1.0.0")
    assert based(**build)["digest"] == digest
    assert based(**{**build, "context": str(tmp_path / "none")})["digest"] == digest


def test_a_base_that_the_dockerfile_does_not_take_is_refused(based: Gate, context: Path) -> None:
    (context / "Dockerfile").write_text("FROM python:3\n")
    assert "has no ARG BASE before its first FROM" in based(base="python:4")["msg"]
    assert based(required=False)["base"] is None
