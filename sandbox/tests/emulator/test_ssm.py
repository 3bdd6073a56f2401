"""Systems Manager needs no correction for what others rely on: moto 5.2.5 answers as AWS does."""

from __future__ import annotations

import json
import urllib.request

from sandbox.emulator.control_plane import ControlPlane
from sandbox.testing.fixtures import Client


def test_a_described_parameter_has_a_version_and_no_value(client: Client, empty: ControlPlane) -> None:
    for value in ("one", "two"):
        client("ssm").put_parameter(Name="/app/flag", Value=value, Type="String", Overwrite=True)
    request = urllib.request.Request(
        empty.url,
        data=b"{}",
        headers={
            "X-Amz-Target": "AmazonSSM.DescribeParameters",
            "Content-Type": "application/x-amz-json-1.1",
            "Authorization": "AWS4-HMAC-SHA256 Credential=sandbox/20261122/us-east-1/ssm/aws4_request, "
            "SignedHeaders=host, Signature=0",
        },
    )
    with urllib.request.urlopen(request) as answer:
        (parameter,) = json.load(answer)["Parameters"]
    assert parameter["Version"] == 2
    assert "Value" not in parameter


def test_the_history_of_a_parameter_has_its_values(client: Client, empty: ControlPlane) -> None:
    for value in ("one", "two"):
        client("ssm").put_parameter(Name="/app/flag", Value=value, Type="String", Overwrite=True)
    history = client("ssm").get_parameter_history(Name="/app/flag")["Parameters"]
    assert [one["Value"] for one in history] == ["one", "two"]
