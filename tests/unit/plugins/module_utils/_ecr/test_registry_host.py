"""Hosts of ECR registries in every partition."""

from __future__ import annotations

import pytest
from ansible_collections.quilt.mcp_server.plugins.module_utils._ecr.registry_host import home_of, host_of

ACCOUNT = "123456789012"


@pytest.mark.parametrize(
    ("region", "suffix"),
    [
        ("us-east-1", "amazonaws.com"),
        ("mx-central-1", "amazonaws.com"),
        ("us-gov-west-1", "amazonaws.com"),
        ("cn-north-1", "amazonaws.com.cn"),
        ("eusc-de-east-1", "amazonaws.eu"),
        ("us-iso-east-1", "c2s.ic.gov"),
        ("us-isob-east-1", "sc2s.sgov.gov"),
        ("eu-isoe-west-1", "cloud.adc-e.uk"),
        ("ap-nowhere-9", "amazonaws.com"),
    ],
)
def test_the_registry_of_an_account_is_found_where_it_is_predicted(region: str, suffix: str) -> None:
    host = host_of(ACCOUNT, region)
    assert host == f"{ACCOUNT}.dkr.ecr.{region}.{suffix}"
    assert home_of(host) == (ACCOUNT, region)
    assert home_of(f"{ACCOUNT}.dkr.ecr-fips.{region}.{suffix}") == (ACCOUNT, region)


@pytest.mark.parametrize(
    ("region", "suffix"),
    [
        ("us-east-1", "on.aws"),
        ("us-gov-west-1", "on.aws"),
        ("cn-north-1", "on.amazonwebservices.com.cn"),
        ("eusc-de-east-1", "on.amazonwebservices.eu"),
    ],
)
def test_registries_of_two_address_families(region: str, suffix: str) -> None:
    assert home_of(f"{ACCOUNT}.dkr-ecr.{region}.{suffix}") == (ACCOUNT, region)
    assert home_of(f"{ACCOUNT}.dkr-ecr-fips.{region}.{suffix}") == (ACCOUNT, region)


@pytest.mark.parametrize(
    "host",
    [
        "docker.io",
        "public.ecr.aws",
        f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com.cn",
        f"{ACCOUNT}.dkr.ecr.cn-north-1.amazonaws.com",
        f"{ACCOUNT}.dkr.ecr.us-east-1.on.aws",
        f"{ACCOUNT}.dkr-ecr.us-east-1.amazonaws.com",
        f"{ACCOUNT}.dkr-ecr.cn-north-1.on.aws.cn",
        f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com.attacker.example",
        "12345.dkr.ecr.us-east-1.amazonaws.com",
        "localhost:5000",
    ],
)
def test_other_hosts_are_no_registry_of_ecr(host: str) -> None:
    assert home_of(host) is None
