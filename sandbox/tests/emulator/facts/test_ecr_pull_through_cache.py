"""BatchGetImage fetches what a pull-through cache rule is for."""

from __future__ import annotations

import hashlib
import json
import urllib.request
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from sandbox.emulator.control_plane import ControlPlane
from sandbox.testing.fixtures import Client

UPSTREAM = "850787717197.dkr.ecr.eu-west-1.amazonaws.com"
CONFIG = "sha256:" + hashlib.sha256(b"{}").hexdigest()
MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
Fetch = Callable[..., Any]


@pytest.fixture
def ecr(empty: ControlPlane, client: Client) -> Any:
    return client("ecr")


@pytest.fixture
def upstream(empty: ControlPlane) -> str:
    """The digest of team/app:1 in the ECR of another region."""
    keys: dict[str, Any] = {"aws_access_key_id": "somebody", "aws_secret_access_key": "somebody"}
    other = boto3.client("ecr", region_name="eu-west-1", endpoint_url=empty.url, **keys)
    other.create_repository(repositoryName="team/app")
    where = {
        "repositoryName": "team/app",
        "uploadId": other.initiate_layer_upload(repositoryName="team/app")["uploadId"],
    }
    other.upload_layer_part(**where, partFirstByte=0, partLastByte=1, layerPartBlob=b"{}")
    other.complete_layer_upload(**where, layerDigests=[CONFIG])
    config = {"digest": CONFIG, "size": 2}
    manifest = json.dumps({"schemaVersion": 2, "mediaType": MANIFEST_TYPE, "config": config, "layers": []})
    image = other.put_image(repositoryName="team/app", imageManifest=manifest, imageTag="1")["image"]
    return str(image["imageId"]["imageDigest"])


@pytest.fixture
def fetch(ecr: Any) -> Fetch:
    """fetch(repository, tag=... or digest=...): the images that BatchGetImage answers with."""

    def get(repository: str, **one: str) -> Any:
        wanted = {f"image{name.capitalize()}": value for name, value in one.items()}
        return ecr.batch_get_image(repositoryName=repository, imageIds=[wanted])["images"]

    return get


def code(call: Callable[..., Any], **given: Any) -> str:
    with pytest.raises(ClientError) as refused:
        call(**given)
    return str(refused.value.response["Error"]["Code"])


@pytest.mark.parametrize(
    ("rule", "repository"),
    [
        ({"ecrRepositoryPrefix": "cache"}, "cache/team/app"),
        ({"ecrRepositoryPrefix": "cache/it", "upstreamRepositoryPrefix": "team"}, "cache/it/app"),
        ({"ecrRepositoryPrefix": "ROOT"}, "team/app"),
    ],
)
def test_an_image_is_fetched_when_it_is_first_asked_for(
    ecr: Any, upstream: str, fetch: Fetch, rule: dict[str, str], repository: str
) -> None:
    assert code(fetch, repository=repository, tag="1") == "RepositoryNotFoundException"
    ecr.create_pull_through_cache_rule(upstreamRegistryUrl=UPSTREAM, **rule)
    asked = {"repositoryName": repository, "imageIds": [{"imageTag": "1"}]}
    assert code(ecr.describe_images, **asked) == "RepositoryNotFoundException", "looking fetches nothing"
    assert code(fetch, repository=repository, tag="2") == "RepositoryNotFoundException", "not there upstream"
    (image,) = fetch(repository, tag="1")
    assert image["imageId"] == {"imageDigest": upstream, "imageTag": "1"}
    assert ecr.describe_images(**asked)["imageDetails"][0]["imageDigest"] == upstream
    assert fetch(repository, tag="2") == []


def test_layers_come_after_the_manifest(ecr: Any, upstream: str, fetch: Fetch) -> None:
    ecr.create_pull_through_cache_rule(ecrRepositoryPrefix="cache", upstreamRegistryUrl=UPSTREAM)
    fetch("cache/team/app", tag="1")
    wanted = {"repositoryName": "cache/team/app", "layerDigest": CONFIG}
    assert code(ecr.get_download_url_for_layer, **wanted) == "LayersNotFoundException"
    fetch("cache/team/app", tag="1")
    with urllib.request.urlopen(ecr.get_download_url_for_layer(**wanted)["downloadUrl"]) as layer:
        assert layer.read() == b"{}"


def test_a_digest_is_fetched_without_a_tag(ecr: Any, upstream: str, fetch: Fetch) -> None:
    ecr.create_pull_through_cache_rule(ecrRepositoryPrefix="cache", upstreamRegistryUrl=UPSTREAM)
    (image,) = fetch("cache/team/app", digest=upstream)
    assert image["imageId"]["imageDigest"] == upstream


def test_the_longest_prefix_is_the_rule(ecr: Any, upstream: str, fetch: Fetch) -> None:
    ecr.create_pull_through_cache_rule(ecrRepositoryPrefix="cache", upstreamRegistryUrl="quay.io")
    ecr.create_pull_through_cache_rule(ecrRepositoryPrefix="ROOT", upstreamRegistryUrl="quay.io")
    ecr.create_pull_through_cache_rule(ecrRepositoryPrefix="cache/of", upstreamRegistryUrl=UPSTREAM)
    assert len(fetch("cache/of/team/app", tag="1")) == 1
    assert code(fetch, repository="cache/team/app", tag="1") == "RepositoryNotFoundException"


def test_a_secret_that_cannot_be_read_is_an_error_of_its_own(
    ecr: Any, upstream: str, fetch: Fetch, client: Client
) -> None:
    secrets = client("secretsmanager")
    arn = secrets.create_secret(Name="ecr-pullthroughcache/hub", SecretString="{}")["ARN"]
    ecr.create_pull_through_cache_rule(ecrRepositoryPrefix="cache", upstreamRegistryUrl=UPSTREAM, credentialArn=arn)
    secrets.delete_secret(SecretId=arn, ForceDeleteWithoutRecovery=True)
    assert code(fetch, repository="cache/team/app", tag="1") == "UnableToGetUpstreamImageException"


def test_rules_are_listed_and_deleted(ecr: Any) -> None:
    given = {"ecrRepositoryPrefix": "cache", "upstreamRegistryUrl": "registry-1.docker.io"}
    ecr.create_pull_through_cache_rule(**given)
    assert code(ecr.create_pull_through_cache_rule, **given) == "PullThroughCacheRuleAlreadyExistsException"
    (rule,) = ecr.describe_pull_through_cache_rules()["pullThroughCacheRules"]
    assert rule["registryId"] and given.items() <= rule.items()
    ecr.delete_pull_through_cache_rule(ecrRepositoryPrefix="cache")
    assert ecr.describe_pull_through_cache_rules()["pullThroughCacheRules"] == []
    wanted = {"ecrRepositoryPrefixes": ["cache"]}
    assert code(ecr.describe_pull_through_cache_rules, **wanted) == "PullThroughCacheRuleNotFoundException"
