"""DescribeSecret lists versions with a staging label."""

from __future__ import annotations

import pytest

from sandbox.testing.fixtures import Client


@pytest.mark.usefixtures("empty")
def test_a_version_without_a_label_is_not_listed_and_can_be_read(client: Client) -> None:
    manager = client("secretsmanager")
    first = manager.create_secret(Name="keys", SecretString="one")["VersionId"]
    second = manager.put_secret_value(SecretId="keys", SecretString="two")["VersionId"]
    third = manager.put_secret_value(SecretId="keys", SecretString="three")["VersionId"]
    listed = manager.describe_secret(SecretId="keys")["VersionIdsToStages"]
    assert listed == {second: ["AWSPREVIOUS"], third: ["AWSCURRENT"]}
    assert manager.get_secret_value(SecretId="keys", VersionId=first)["SecretString"] == "one"
