"""ECR's registry implements the registry protocol with ECR's rules; a Docker engine is not needed for these tests."""

from __future__ import annotations

import base64
import datetime
import hashlib
import http.client
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.dataplane.registry.registry import Registry
from sandbox.emulator.control_plane import ControlPlane
from sandbox.network import free_port
from sandbox.testing.fixtures import Client

needs_program = pytest.mark.skipif(shutil.which("docker-registry") is None, reason="docker-registry is not installed")
MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    registry = Registry(tmp_path_factory.mktemp("home") / "registry", free_port(), "850787717197", "us-east-1")
    registry.start()
    yield registry
    registry.stop()


@pytest.fixture
def ecr(empty: ControlPlane, client: Client, registry: Registry) -> Any:
    ecr = client("ecr")
    ecr.create_repository(repositoryName="app", imageTagMutability="IMMUTABLE")
    return ecr


class Docker:
    """As much of a Docker client as pushes and pulls one layer."""

    def __init__(self, host: str, token: str | None) -> None:
        self.host = host
        self.headers = {"Authorization": f"Basic {token}"} if token else {}

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection(self.host, timeout=10)
        chunked = body is not None and not isinstance(body, bytes)
        if chunked:
            headers["Transfer-Encoding"] = "chunked"
        connection.request(method, path, body=body, headers={**self.headers, **headers}, encode_chunked=chunked)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, dict(answer.getheaders()), content

    def blob(self, name: str, content: bytes, chunked: bool) -> dict[str, Any]:
        digest = "sha256:" + hashlib.sha256(content).hexdigest()
        status, headers, _ = self.ask("POST", f"/v2/{name}/blobs/uploads/")
        assert status == 202
        assert headers["Location"].startswith("/v2/"), "a location must lead through the proxy"
        body = iter([content[:3], content[3:]]) if chunked else content
        status, headers, _ = self.ask("PATCH", headers["Location"], body)
        assert status == 202
        assert self.ask("PUT", f"{headers['Location']}&digest={digest}")[0] == 201
        return {"mediaType": "application/octet-stream", "digest": digest, "size": len(content)}

    def push(self, name: str, tag: str, content: bytes) -> tuple[int, str, bytes]:
        parts = [self.blob(name, b'{"architecture":"amd64"}', False), self.blob(name, content, True)]
        manifest = {"schemaVersion": 2, "mediaType": MANIFEST_TYPE, "config": parts[0], "layers": [parts[1]]}
        body = json.dumps(manifest).encode()
        headers = {"Content-Type": MANIFEST_TYPE}
        status, _, answer = self.ask("PUT", f"/v2/{name}/manifests/{tag}", body, **headers)
        return status, "sha256:" + hashlib.sha256(body).hexdigest(), answer


@pytest.fixture
def docker(ecr: Any, registry: Registry) -> Docker:
    token = ecr.get_authorization_token()["authorizationData"][0]["authorizationToken"]
    assert registry.host is not None
    return Docker(registry.host, token)


@needs_program
def test_token_and_uri_lead_to_the_registry(ecr: Any, registry: Registry) -> None:
    (data,) = ecr.get_authorization_token()["authorizationData"]
    assert data["proxyEndpoint"] == f"http://{registry.host}"
    assert base64.b64decode(data["authorizationToken"]).startswith(b"AWS:")
    hours = (data["expiresAt"] - datetime.datetime.now(datetime.UTC)).total_seconds() / 3600
    assert 11.9 < hours <= 12
    (repository,) = ecr.describe_repositories()["repositories"]
    assert repository["repositoryUri"] == f"{registry.host}/app"
    assert repository["registryId"] == "850787717197"


@needs_program
@pytest.mark.parametrize("token", [None, base64.b64encode(b"AWS:wrong").decode(), "%%%"])
def test_without_a_valid_token_nothing_is_said(ecr: Any, registry: Registry, token: str | None) -> None:
    assert registry.host is not None
    status, headers, _ = Docker(registry.host, token).ask("GET", "/v2/")
    assert status == 401
    assert headers["WWW-Authenticate"].startswith("Basic ")


@needs_program
def test_push_is_seen_by_ecr_with_its_true_digest(ecr: Any, docker: Docker) -> None:
    status, digest, _ = docker.push("app", "v1", b"layer one")
    assert status == 201
    (image,) = ecr.describe_images(repositoryName="app")["imageDetails"]
    assert (image["imageDigest"], image["imageTags"]) == (digest, ["v1"])
    assert image["imageSizeInBytes"] == len(b'{"architecture":"amd64"}') + len(b"layer one")
    (got,) = ecr.batch_get_image(repositoryName="app", imageIds=[{"imageTag": "v1"}])["images"]
    assert hashlib.sha256(got["imageManifest"].encode()).hexdigest() == digest.removeprefix("sha256:")
    for reference in ("v1", digest):
        status, headers, body = docker.ask("GET", f"/v2/app/manifests/{reference}", Accept=MANIFEST_TYPE)
        assert (status, headers["Docker-Content-Digest"]) == (200, digest)
        layer = json.loads(body)["layers"][0]["digest"]
        assert docker.ask("GET", f"/v2/app/blobs/{layer}")[2] == b"layer one"
    assert json.loads(docker.ask("GET", "/v2/app/tags/list")[2])["tags"] == ["v1"]


@needs_program
def test_a_pushed_layer_has_a_url_that_needs_no_login(ecr: Any, docker: Docker, registry: Registry) -> None:
    docker.push("app", "v1", b"layer one")
    config = "sha256:" + hashlib.sha256(b'{"architecture":"amd64"}').hexdigest()
    url = ecr.get_download_url_for_layer(repositoryName="app", layerDigest=config)["downloadUrl"]
    assert registry.host is not None
    nobody = Docker(registry.host, None)
    path = url.partition(registry.host)[2]
    assert nobody.ask("GET", path)[::2] == (200, b'{"architecture":"amd64"}')
    assert nobody.ask("DELETE", path)[0] == 401
    assert nobody.ask("GET", path[:-1] + ("0" if path[-1] != "0" else "1"))[0] == 401
    other = "sha256:" + hashlib.sha256(b"layer one").hexdigest()
    assert nobody.ask("GET", path.replace(config, other))[0] == 401


@needs_program
def test_an_immutable_tag_stays(ecr: Any, docker: Docker) -> None:
    _, digest, _ = docker.push("app", "v1", b"one")
    assert docker.push("app", "v1", b"one")[0] == 201, "the same image again changes nothing"
    status, _, answer = docker.push("app", "v1", b"two")
    assert status == 400
    assert "immutable" in json.loads(answer)["errors"][0]["message"]
    assert [image["imageDigest"] for image in ecr.describe_images(repositoryName="app")["imageDetails"]] == [digest]


@needs_program
def test_excluded_tags_of_an_immutable_repository_move(ecr: Any, docker: Docker) -> None:
    filters = [{"filterType": "WILDCARD", "filter": "dev-*"}]
    ecr.put_image_tag_mutability(
        repositoryName="app",
        imageTagMutability="IMMUTABLE_WITH_EXCLUSION",
        imageTagMutabilityExclusionFilters=filters,
    )
    assert [docker.push("app", "dev-1", content)[0] for content in (b"one", b"two")] == [201, 201]
    assert [docker.push("app", "v1", content)[0] for content in (b"one", b"two")] == [201, 400]


@needs_program
def test_a_tag_that_moves_leaves_its_image_untagged(ecr: Any, docker: Docker) -> None:
    ecr.put_image_tag_mutability(repositoryName="app", imageTagMutability="MUTABLE")
    digests = [docker.push("app", "v1", content)[1] for content in (b"one", b"two")]
    images = {
        image["imageDigest"]: image.get("imageTags")
        for image in ecr.describe_images(repositoryName="app")["imageDetails"]
    }
    assert images == {digests[0]: None, digests[1]: ["v1"]}


@needs_program
def test_a_repository_must_be_created_first(docker: Docker) -> None:
    status, _, answer = docker.ask("POST", "/v2/other/blobs/uploads/")
    assert status == 404
    assert json.loads(answer)["errors"][0]["code"] == "NAME_UNKNOWN"


@needs_program
def test_a_deleted_image_is_gone_for_docker(ecr: Any, docker: Docker) -> None:
    _, digest, _ = docker.push("app", "v1", b"one")
    with pytest.raises(ClientError, match="RepositoryNotEmptyException"):
        ecr.delete_repository(repositoryName="app")
    ecr.batch_delete_image(repositoryName="app", imageIds=[{"imageTag": "v1"}])
    for reference in ("v1", digest):
        assert docker.ask("GET", f"/v2/app/manifests/{reference}")[0] == 404
    ecr.delete_repository(repositoryName="app")
    assert docker.ask("GET", "/v2/app/tags/list")[0] == 404


def test_without_the_program_there_is_a_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    registry = Registry(tmp_path / "registry", free_port(), "850787717197", "us-east-1")
    registry.start()
    assert registry.host is None
    assert "docker-registry is not installed" in registry.note
    registry.stop()
