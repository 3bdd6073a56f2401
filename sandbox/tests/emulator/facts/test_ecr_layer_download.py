"""A layer that was uploaded has a URL; dataplane/registry/test_registry.py has those that Docker pushed."""

from __future__ import annotations

import hashlib
import urllib.request

import pytest
from botocore.exceptions import ClientError

from sandbox.testing.fixtures import Client


@pytest.mark.usefixtures("empty")
def test_a_layer_is_downloaded_without_a_login_and_the_bucket_is_aws_own(client: Client) -> None:
    ecr = client("ecr")
    ecr.create_repository(repositoryName="app")
    upload = ecr.initiate_layer_upload(repositoryName="app")["uploadId"]
    content = b'{"architecture": "arm64"}'
    ecr.upload_layer_part(
        repositoryName="app", uploadId=upload, partFirstByte=0, partLastByte=len(content) - 1, layerPartBlob=content
    )
    digest = "sha256:" + hashlib.sha256(content).hexdigest()
    ecr.complete_layer_upload(repositoryName="app", uploadId=upload, layerDigests=[digest])
    url = ecr.get_download_url_for_layer(repositoryName="app", layerDigest=digest)["downloadUrl"]
    with urllib.request.urlopen(url) as answer:
        assert answer.read() == content
    assert client("s3").list_buckets()["Buckets"] == []
    with pytest.raises(ClientError, match="LayersNotFound"):
        ecr.get_download_url_for_layer(repositoryName="app", layerDigest="sha256:" + "0" * 64)
