"""The stack sales-prod is there, by the names that the deployment looks for."""

from __future__ import annotations

import hashlib
import json
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import jwt
import pytest

from sandbox import tokens
from sandbox.emulator.control_plane import ControlPlane
from sandbox.seed import packages
from sandbox.seed.sales_prod import SALES_PROD
from sandbox.testing.fixtures import Client

pytestmark = pytest.mark.usefixtures("seeded")
assert SALES_PROD.quilt is not None
QUILT = SALES_PROD.quilt


def test_nothing_of_the_seed_is_recorded(seeded: ControlPlane) -> None:
    assert seeded.calls() == []


def test_subnets_by_tier_and_by_route(client: Client) -> None:
    ec2 = client("ec2")
    (vpc,) = ec2.describe_vpcs(Filters=[{"Name": "tag:Name", "Values": ["sales-prod"]}])["Vpcs"]
    assert vpc["CidrBlock"] == "10.0.0.0/16"
    by_tier = {}
    for tier in ("private", "public"):
        filters = [{"Name": "vpc-id", "Values": [vpc["VpcId"]]}, {"Name": "tag:Tier", "Values": [tier]}]
        found = ec2.describe_subnets(Filters=filters)["Subnets"]
        by_tier[tier] = sorted((subnet["CidrBlock"], subnet["AvailabilityZone"]) for subnet in found)
    assert by_tier == {
        "private": [("10.0.1.0/24", "us-east-1a"), ("10.0.2.0/24", "us-east-1b")],
        "public": [("10.0.101.0/24", "us-east-1a"), ("10.0.102.0/24", "us-east-1b")],
    }
    tables = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc["VpcId"]]}])["RouteTables"]
    to_internet = [table for table in tables if any(r.get("GatewayId", "").startswith("igw-") for r in table["Routes"])]
    assert [len(table["Associations"]) for table in to_internet] == [2]


def test_listeners_and_foreign_rules(client: Client) -> None:
    elbv2 = client("elbv2")
    (balancer,) = elbv2.describe_load_balancers(Names=["sales-prod-alb"])["LoadBalancers"]
    listeners = {
        listener["Port"]: listener
        for listener in elbv2.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    }
    assert listeners[80]["DefaultActions"][0]["RedirectConfig"]["Protocol"] == "HTTPS"
    assert listeners[443]["Protocol"] == "HTTPS"
    arn = listeners[443]["Certificates"][0]["CertificateArn"]
    certificate = client("acm").describe_certificate(CertificateArn=arn)["Certificate"]
    assert (certificate["DomainName"], certificate["Status"]) == ("demo.quiltdata.com", "ISSUED")
    rules = elbv2.describe_rules(ListenerArn=listeners[443]["ListenerArn"])["Rules"]
    priorities = sorted(int(rule["Priority"]) for rule in rules if not rule["IsDefault"])
    assert priorities == [10, 20, 100, 101, 103, 200, 500, 600]
    # 102 is free; the catalog takes everything of the host at 500, so a deployment's rule must come before.
    (catch_all,) = [rule for rule in rules if rule["Priority"] == "500"]
    assert [(c["Field"], c["HostHeaderConfig"]["Values"]) for c in catch_all["Conditions"]] == [
        ("host-header", ["demo.quiltdata.com"])
    ]


def test_public_name_leads_to_the_balancer(client: Client) -> None:
    route53 = client("route53")
    (zone,) = route53.list_hosted_zones_by_name(DNSName="quiltdata.com")["HostedZones"]
    records = {
        record["Name"]: record
        for record in route53.list_resource_record_sets(HostedZoneId=zone["Id"])["ResourceRecordSets"]
    }
    (balancer,) = client("elbv2").describe_load_balancers()["LoadBalancers"]
    assert records["demo.quiltdata.com."]["AliasTarget"]["DNSName"].rstrip(".") == balancer["DNSName"]


def test_cluster_roles_athena(client: Client) -> None:
    (cluster,) = client("ecs").describe_clusters(clusters=["sales-prod"])["clusters"]
    assert cluster["status"] == "ACTIVE"
    attached = client("iam").list_attached_role_policies(RoleName="ecsTaskExecutionRole")["AttachedPolicies"]
    assert [policy["PolicyName"] for policy in attached] == ["AmazonECSTaskExecutionRolePolicy"]
    assert client("iam").get_role(RoleName="ecsTaskRole")["Role"]["Path"] == "/"
    assert client("athena").get_work_group(WorkGroup="quilt-sales-prod")["WorkGroup"]["State"] == "ENABLED"
    assert client("glue").get_table(DatabaseName="quilt_sales_prod", Name="orders")["Table"]["Name"] == "orders"


def test_a_token_signed_with_the_seeded_secret_verifies(client: Client) -> None:
    keys = client("secretsmanager").get_secret_value(SecretId=QUILT.jwt_secret)["SecretString"]
    token = tokens.mint(keys, "ada", ["quilt-example"], ttl=60)
    key = json.loads(keys)["frontend-enhanced"]
    claims = jwt.decode(token, key, ["HS256"], audience="quilt-mcp-server", issuer="quilt-frontend")
    assert (claims["sub"], claims["buckets"], claims["exp"] - claims["iat"]) == ("ada", ["quilt-example"], 60)
    assert len(key) >= 48
    assert jwt.get_unverified_header(token)["kid"] == "frontend-enhanced"


def test_packages_are_true_to_their_top_hash(client: Client) -> None:
    s3 = client("s3")
    found = []
    for bucket in QUILT.buckets:
        listing = s3.list_objects_v2(Bucket=bucket, Prefix=".quilt/named_packages/")
        for pointer in (entry["Key"] for entry in listing["Contents"]):
            top_hash = s3.get_object(Bucket=bucket, Key=pointer)["Body"].read().decode()
            body = s3.get_object(Bucket=bucket, Key=f".quilt/packages/{top_hash}")["Body"].read().decode()
            lines = [json.loads(line) for line in body.splitlines()]
            assert packages.top_hash(lines) == top_hash
            found.append((bucket, pointer.removeprefix(".quilt/named_packages/")))
    assert ("quilt-sales-raw", "sales/orders/latest") in found
    assert ("quilt-example", "examples/hello/latest") in found
    assert len(found) == 7


def test_top_hash_is_quilts_own() -> None:
    """By hand: sorted keys, no spaces, ASCII; physical keys take no part."""
    lines: list[dict[str, Any]] = [
        {"version": "v0", "message": "grüße"},
        {
            "logical_key": "a",
            "physical_keys": ["s3://b/a"],
            "size": 1,
            "hash": {"type": "SHA256", "value": "00"},
            "meta": {"k": 1},
        },
    ]
    text = (
        '{"message":"gr\\u00fc\\u00dfe","version":"v0"}'
        '{"hash":{"type":"SHA256","value":"00"},"logical_key":"a","meta":{"k":1},"size":1}'
    )
    assert packages.top_hash(lines) == hashlib.sha256(text.encode()).hexdigest()


def test_physical_keys_name_versions_that_exist(client: Client) -> None:
    s3 = client("s3")
    top_hash = s3.get_object(Bucket="quilt-example", Key=".quilt/named_packages/examples/hello/latest")["Body"].read()
    manifest = s3.get_object(Bucket="quilt-example", Key=f".quilt/packages/{top_hash.decode()}")["Body"].read()
    for line in manifest.splitlines()[1:]:
        entry = json.loads(line)
        url = urlsplit(entry["physical_keys"][0])
        (version,) = parse_qs(url.query)["versionId"]
        head = s3.head_object(Bucket=url.netloc, Key=unquote(url.path[1:]), VersionId=version)
        assert head["ContentLength"] == entry["size"]
