"""Which stack is found among the records, and what is said about everything else."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.identity import Identity
from ansible_collections.quilt.mcp_server.plugins.module_utils._stack.plan import covers, resolve
from ansible_collections.quilt.mcp_server.plugins.module_utils._stack.records import (
    Certificate,
    Cluster,
    HostedZone,
    Listener,
    LoadBalancer,
    Records,
    RouteTable,
    Secret,
    Subnet,
    Vpc,
    Wanted,
)
from ansible_collections.quilt.mcp_server.plugins.module_utils._stack.removal_plan import resolve_removal

# The role's own, as these names are what an operator reads.
NAMES = yaml.safe_load((Path(__file__).parents[5] / "roles/stack/vars/main.yml").read_text())["__stack_option_names"]
WANTED = Wanted(
    region="us-east-1",
    vpc_name="sales-prod",
    load_balancer_name="sales-prod-alb",
    cluster_name="sales-prod",
    host="demo.quiltdata.com",
)
BALANCER = LoadBalancer(
    arn="arn:alb",
    name="sales-prod-alb",
    type="application",
    state="active",
    vpc_id="vpc-1",
    dns_name="sales-prod-alb.example",
    zone_id="Z1",
    zones=frozenset({"us-east-1a", "us-east-1b"}),
    security_group_ids=("sg-1",),
)


def subnet(name: str, zone: str, vpc: str = "vpc-1", **tags: str) -> Subnet:
    return Subnet(id=f"subnet-{name}", vpc_id=vpc, zone=f"us-east-1{zone}", tags={"Name": name, **tags})


def table(*subnets: str, to: str = "", main: bool = False) -> RouteTable:
    return RouteTable(
        vpc_id="vpc-1",
        main=main,
        subnet_ids=frozenset(f"subnet-{name}" for name in subnets),
        targets=frozenset({to} - {""}),
    )


SUBNETS = (
    subnet("public-1", "a", Tier="public"),
    subnet("public-2", "b", Tier="public"),
    subnet("private-2", "b", Tier="private"),
    subnet("private-1", "a", Tier="private"),
)
TABLES = (
    table("public-1", "public-2", to="igw-1"),
    table("private-1", to="nat-1"),
    table("private-2", to="nat-2"),
    table(main=True),
)
RECORDS = Records(
    identity=Identity("850787717197", "arn:aws:iam::850787717197:user/operator"),
    vpcs=(Vpc("vpc-1", "sales-prod", "10.0.0.0/16"), Vpc("vpc-2", "", "172.31.0.0/16")),
    subnets=SUBNETS,
    route_tables=TABLES,
    load_balancers=(BALANCER, replace(BALANCER, arn="arn:other", name="catalog-alb")),
    attributes={"idle_timeout.timeout_seconds": "60"},
    listeners=(Listener("arn:listener/443", 443, "HTTPS"), Listener("arn:listener/80", 80, "HTTP")),
    certificates=(Certificate("arn:certificate", frozenset({"*.quiltdata.com"}), "ISSUED"),),
    clusters=(Cluster("arn:aws:ecs:us-east-1:850787717197:cluster/sales-prod", "sales-prod", "ACTIVE"),),
    hosted_zones=(HostedZone("Z2", "quiltdata.com", False), HostedZone("Z3", "com", False)),
)


def test_a_whole_stack_is_one_flat_dict() -> None:
    found = resolve(WANTED, RECORDS)
    assert (found.problems, found.warnings) == ([], [])
    assert found.stack == {
        "account_id": "850787717197",
        "partition": "aws",
        "region": "us-east-1",
        "vpc_id": "vpc-1",
        "vpc_cidr": "10.0.0.0/16",
        "private_subnet_ids": ["subnet-private-1", "subnet-private-2"],
        "load_balancer_arn": "arn:alb",
        "load_balancer_name": "sales-prod-alb",
        "load_balancer_dns_name": "sales-prod-alb.example",
        "load_balancer_zone_id": "Z1",
        "load_balancer_security_group_ids": ["sg-1"],
        "load_balancer_attributes": {"idle_timeout.timeout_seconds": "60"},
        "listener_arn": "arn:listener/443",
        "listener_protocol": "HTTPS",
        "cluster_name": "sales-prod",
        "cluster_arn": "arn:aws:ecs:us-east-1:850787717197:cluster/sales-prod",
        "hosted_zone_id": "Z2",
        "secrets": {},
        "secret_versions": {},
    }


def test_the_partition_is_that_of_the_credentials() -> None:
    records = replace(RECORDS, identity=Identity("850787717197", "arn:aws-cn:iam::850787717197:user/operator"))
    assert resolve(WANTED, records).stack["partition"] == "aws-cn"


def test_a_vpc_without_a_name_is_found_by_its_id() -> None:
    """Another account shares it, so its tags are not shown."""
    shared = replace(RECORDS, vpcs=(Vpc("vpc-1", "", "10.0.0.0/16"), Vpc("vpc-9", "sales-prod", "10.9.0.0/16")))
    found = resolve(replace(WANTED, vpc_id="vpc-1"), shared)
    assert (found.problems, found.stack["vpc_id"]) == ([], "vpc-1")


@pytest.mark.parametrize(
    ("wanted", "records", "texts"),
    [
        pytest.param(
            {"vpc_name": "sales-prd"},
            {},
            ["VPC named 'sales-prd': not found", "did you mean sales-prod (vpc-1)?", "correct vpc_name"],
            id="VPC misspelled",
        ),
        pytest.param(
            {"vpc_name": "", "vpc_id": "vpc-11"},
            {},
            ["VPC vpc-11: not found", "did you mean vpc-1 (sales-prod)", "correct vpc_id"],
            id="VPC id misspelled",
        ),
        pytest.param(
            {},
            {"vpcs": (Vpc("vpc-1", "sales-prod", ""), Vpc("vpc-9", "sales-prod", ""))},
            ["2 have this name: vpc-1, vpc-9"],
            id="VPC ambiguous",
        ),
        pytest.param({}, {"vpcs": ()}, ["there is none at all"], id="no VPC"),
        pytest.param(
            {"load_balancer_name": "zzz"}, {}, ["'zzz': not found", "catalog-alb", "sales-prod-alb"], id="ALB unknown"
        ),
        pytest.param(
            {}, {"load_balancers": (replace(BALANCER, type="network"),)}, ["it is a network load balancer"], id="an NLB"
        ),
        pytest.param(
            {},
            {"load_balancers": (replace(BALANCER, state="provisioning"),)},
            ["its state is provisioning", "wait"],
            id="ALB not ready",
        ),
        pytest.param(
            {},
            {"load_balancers": (replace(BALANCER, vpc_id="vpc-2"),)},
            ["it stands in vpc-2, not in sales-prod (vpc-1)"],
            id="ALB in another VPC",
        ),
        pytest.param(
            {"listener_port": 8443}, {}, ["port 8443", "there is HTTPS 443, HTTP 80", "listener_port"], id="no listener"
        ),
        pytest.param({}, {"listeners": ()}, ["there is no listener"], id="no listener at all"),
        pytest.param({"listener_port": 80}, {}, ["speaks HTTP", "clear text"], id="listener without TLS"),
        pytest.param({"cluster_name": "sales"}, {}, ["ECS cluster 'sales': not found", "sales-prod"], id="no cluster"),
        pytest.param(
            {},
            {"clusters": (Cluster("arn:cluster", "sales-prod", "INACTIVE"),)},
            ["its status is INACTIVE"],
            id="deleted cluster",
        ),
        pytest.param(
            {"hosted_zone_name": "quilt.com."},
            {},
            ["hosted zone 'quilt.com'", "did you mean quiltdata.com (Z2)"],
            id="zone",
        ),
        pytest.param(
            {"host": "demo.example.org"},
            {},
            ["hosted zone of 'demo.example.org': not found", "correct hosted_zone_name (none: DNS is kept elsewhere)"],
            id="host elsewhere",
        ),
        pytest.param(
            {"hosted_zone_name": "quiltdata.com", "host": "demo.notquiltdata.com"},
            {},
            ["the host demo.notquiltdata.com does not lie in it"],
            id="host outside the zone",
        ),
        pytest.param(
            {},
            {"hosted_zones": (HostedZone("Z2", "quiltdata.com", False), HostedZone("Z4", "quiltdata.com", False))},
            ["2 have this name: Z2, Z4"],
            id="two zones",
        ),
        pytest.param(
            {"private_subnet_ids": ("subnet-private-1", "subnet-x")},
            {},
            ["private subnets subnet-x: not in sales-prod (vpc-1)", "subnet-private-2 (private-2, us-east-1b)"],
            id="subnet id unknown",
        ),
        pytest.param(
            {"private_subnet_tags": {"Tier": "hidden"}},
            {},
            ["in at least 2 zones with the tags Tier=hidden: found none; the other subnets of sales-prod (vpc-1): "],
            id="subnet tags unknown",
        ),
        pytest.param(
            {"private_subnet_ids": ("subnet-private-1",)},
            {},
            [
                "at least 2 zones: found subnet-private-1 (private-1, us-east-1a); "
                "the other subnets of sales-prod (vpc-1): subnet-public-1 (public-1, us-east-1a), "
                "subnet-public-2 (public-2, us-east-1b), "
                "subnet-private-2 (private-2, us-east-1b); name them",
            ],
            id="one zone only",
        ),
        pytest.param({"minimum_zones": 3}, {}, ["at least 3 zones by their routes"], id="too few zones"),
        pytest.param(
            {"private_subnet_tags": {"Tier": "private"}},
            {"load_balancers": (replace(BALANCER, zones=frozenset({"us-east-1a"})),)},
            ["(us-east-1a): subnet-private-2 (private-2, us-east-1b) lies in another zone"],
            id="subnet in a zone the ALB does not serve",
        ),
        pytest.param(
            {"private_subnet_ids": ("subnet-private-1",), "private_subnet_tags": {"Tier": "private"}},
            {},
            ["both private_subnet_ids and private_subnet_tags are given"],
            id="ids and tags",
        ),
        pytest.param(
            {},
            {"hosted_zones": (), "unreadable": {"hosted_zones": "AccessDenied: no"}},
            ["user/operator could not read it (AccessDenied: no)", "allow route53:ListHostedZones"],
            id="no permission",
        ),
        pytest.param(
            {},
            {"unreadable": {"attributes": "AccessDenied: no"}},
            ["attributes of the load balancer", "DescribeLoadBalancerAttributes"],
            id="no permission for attributes",
        ),
    ],
)
def test_one_problem_is_said_once(wanted: dict[str, object], records: dict[str, object], texts: list[str]) -> None:
    found = resolve(replace(WANTED, **wanted), replace(RECORDS, **records))
    assert len(found.problems) == 1, found.refusal().message
    for text in texts:
        assert text in found.refusal().message


@pytest.mark.parametrize(
    ("wanted", "records", "named"),
    [
        ({"vpc_name": "x"}, {}, ["stack_vpc_name"]),
        ({"load_balancer_name": "x"}, {}, ["stack_load_balancer_name"]),
        ({}, {"load_balancers": (replace(BALANCER, vpc_id="vpc-2"),)}, ["stack_vpc_name", "stack_load_balancer_name"]),
        ({"listener_port": 1}, {}, ["stack_listener_port"]),
        ({"listener_port": 80}, {}, ["stack_listener_port"]),
        ({"cluster_name": "x"}, {}, ["mcp_server_cluster"]),
        ({"host": "x.org"}, {}, ["stack_hosted_zone_name"]),
        ({"hosted_zone_name": "com", "host": "x.org"}, {}, ["mcp_server_host", "stack_hosted_zone_name"]),
        ({"private_subnet_ids": ("subnet-x",)}, {}, ["stack_private_subnet_ids"]),
        (
            {"minimum_zones": 3},
            {},
            ["stack_private_subnet_ids", "stack_private_subnet_tags", "stack_minimum_zones"],
        ),
        ({"secrets": ("x",)}, {}, []),
    ],
)
def test_what_to_correct_is_called_as_an_operator_sets_it(
    wanted: dict[str, object], records: dict[str, object], named: list[str]
) -> None:
    (problem,) = resolve(replace(WANTED, option_names=NAMES, **wanted), replace(RECORDS, **records)).problems
    assert re.findall(r"\w+_\w+|\b(?:host|secrets)\b", problem.remedy) == named


@pytest.mark.parametrize(
    ("wanted", "records", "arn", "problems", "warnings"),
    [
        pytest.param({}, {}, "arn:listener/443", 0, 0, id="there"),
        pytest.param(
            {"vpc_name": "x", "cluster_name": "x", "minimum_zones": 6}, {}, "arn:listener/443", 0, 0, id="rest"
        ),
        pytest.param({}, {"load_balancers": (), "listeners": ()}, "", 0, 1, id="load balancer gone"),
        pytest.param({}, {"listeners": RECORDS.listeners[1:]}, "", 0, 1, id="listener gone"),
        pytest.param({}, {"listeners": (), "unreadable": {"listeners": "AccessDenied"}}, "", 1, 0, id="not readable"),
    ],
)
def test_removal_needs_the_listener_alone(
    wanted: dict[str, object], records: dict[str, object], arn: str, problems: int, warnings: int
) -> None:
    found = resolve_removal(replace(WANTED, option_names=NAMES, **wanted), replace(RECORDS, **records))
    assert (found.stack["listener_arn"], found.stack["load_balancer_name"]) == (arn, "sales-prod-alb")
    assert (len(found.problems), len(found.warnings)) == (problems, warnings)
    assert all("correct stack_load_balancer_name or stack_listener_port" in warning for warning in found.warnings)


def test_everything_missing_is_said_in_one_message() -> None:
    found = resolve(WANTED, Records(identity=RECORDS.identity))
    assert [problem.wanted for problem in found.problems] == [
        "VPC named 'sales-prod'",
        "load balancer 'sales-prod-alb'",
        "ECS cluster 'sales-prod'",
        "hosted zone of 'demo.quiltdata.com'",
    ]
    assert found.refusal().message.startswith(
        "Refused to use 4 things of the stack in account 850787717197, region us-east-1:"
    )


@pytest.mark.parametrize(
    ("subnets", "tables", "expected"),
    [
        pytest.param(SUBNETS, TABLES, ["private-1", "private-2"], id="behind NAT gateways"),
        pytest.param(
            SUBNETS,
            (table("public-1", "public-2", to="igw-1"), table(main=True, to="tgw-1")),
            ["private-1", "private-2"],
            id="by the main table",
        ),
        pytest.param(
            SUBNETS,
            (table("private-1", "private-2"), table(main=True, to="igw-1")),
            ["private-1", "private-2"],
            id="endpoints only, public by the main table",
        ),
        pytest.param(
            (*SUBNETS, subnet("database-1", "a"), subnet("database-2", "b")),
            TABLES,
            ["private-1", "private-2"],
            id="not the isolated database subnets",
        ),
        pytest.param(
            (*SUBNETS, subnet("private-3", "c")),
            (*TABLES, table("private-3", to="nat-1")),
            ["private-1", "private-2"],
            id="not in a zone that the load balancer lacks",
        ),
    ],
)
def test_private_subnets_by_route(
    subnets: tuple[Subnet, ...], tables: tuple[RouteTable, ...], expected: list[str]
) -> None:
    found = resolve(WANTED, replace(RECORDS, subnets=subnets, route_tables=tables))
    assert found.problems == []
    assert found.stack["private_subnet_ids"] == [f"subnet-{name}" for name in expected]


def test_subnets_whose_routes_are_not_shown_are_not_taken_for_private() -> None:
    """Those of zones without the load balancer are of no interest, nor are routes where the subnets are given."""
    shown = tuple(one for one in TABLES if "subnet-public-1" not in one.subnet_ids and not one.main)
    records = replace(RECORDS, subnets=(*SUBNETS, subnet("far", "c")), route_tables=shown)
    (problem,) = resolve(replace(WANTED, option_names=NAMES), records).problems
    assert "no route table is shown for subnet-public-1 (public-1, us-east-1a), subnet-public-2" in problem.found
    assert "far" not in problem.found and problem.remedy == "name them with stack_private_subnet_ids"
    given = replace(WANTED, private_subnet_ids=("subnet-private-1", "subnet-private-2"))
    assert resolve(given, records).problems == []


def test_a_public_subnet_given_as_private_is_a_warning() -> None:
    wanted = replace(WANTED, private_subnet_ids=("subnet-public-1", "subnet-private-2"))
    found = resolve(wanted, RECORDS)
    assert found.problems == []
    assert "subnet-public-1 (public-1, us-east-1a) given as private has a route to an internet" in found.warnings[0]


@pytest.mark.parametrize(
    ("wanted", "zones", "expected"),
    [
        pytest.param({}, RECORDS.hosted_zones, "Z2", id="longest suffix"),
        pytest.param({"hosted_zone_name": "com"}, RECORDS.hosted_zones, "Z3", id="by name"),
        pytest.param({"hosted_zone_name": "QuiltData.com."}, RECORDS.hosted_zones, "Z2", id="dot and case"),
        pytest.param({"hosted_zone_name": "none"}, (), None, id="none wanted"),
        pytest.param({"host": None}, (), None, id="no host"),
        pytest.param(
            {}, (*RECORDS.hosted_zones, HostedZone("Z9", "demo.quiltdata.com", True)), "Z2", id="public before private"
        ),
        pytest.param({}, (HostedZone("Z9", "quiltdata.com", True),), "Z9", id="private when there is no other"),
    ],
)
def test_hosted_zone(wanted: dict[str, object], zones: tuple[HostedZone, ...], expected: str | None) -> None:
    found = resolve(replace(WANTED, **wanted), replace(RECORDS, hosted_zones=zones))
    assert found.problems == []
    assert found.stack["hosted_zone_id"] == expected


@pytest.mark.parametrize(
    ("certificates", "warning"),
    [
        pytest.param(None, None, id="not readable"),
        pytest.param((Certificate("arn:c", frozenset({"demo.quiltdata.com"}), "ISSUED"),), None, id="covered"),
        pytest.param(
            (Certificate("arn:c", frozenset({"*.example.org"}), "ISSUED"),),
            "they cover *.example.org",
            id="not covered",
        ),
        pytest.param((), "they cover nothing", id="none attached"),
        pytest.param(
            (Certificate("arn:c", frozenset({"demo.quiltdata.com"}), "EXPIRED"),), "arn:c is EXPIRED", id="expired"
        ),
    ],
)
def test_the_certificate_is_judged(certificates: tuple[Certificate, ...] | None, warning: str | None) -> None:
    found = resolve(WANTED, replace(RECORDS, certificates=certificates))
    assert found.problems == []
    assert (found.warnings == []) == (warning is None)
    if warning:
        assert warning in found.warnings[0]


@pytest.mark.parametrize(
    ("pattern", "host", "expected"),
    [
        ("demo.quiltdata.com", "demo.quiltdata.com", True),
        ("*.quiltdata.com", "Demo.quiltdata.com", True),
        ("*.quiltdata.com", "quiltdata.com", False),
        ("*.quiltdata.com", "a.demo.quiltdata.com", False),
        ("quiltdata.com", "demo.quiltdata.com", False),
    ],
)
def test_covers(pattern: str, host: str, expected: bool) -> None:
    assert covers(pattern, host) is expected


def test_secrets_are_exported_under_the_name_that_was_asked_for() -> None:
    records = replace(RECORDS, secrets=(Secret("app/jwt", "arn:aws:secretsmanager:x:1:secret:app/jwt-AbCdEf", "v1"),))
    resolution = resolve(replace(WANTED, secrets=("app/jwt",)), records)
    assert resolution.problems == []
    assert resolution.stack["secrets"] == {"app/jwt": "arn:aws:secretsmanager:x:1:secret:app/jwt-AbCdEf"}
    assert resolution.stack["secret_versions"] == {
        "app/jwt": "v1",
        "arn:aws:secretsmanager:x:1:secret:app/jwt-AbCdEf": "v1",
    }


def test_the_version_of_another_label_is_not_that_of_the_arn() -> None:
    arn = "arn:aws:secretsmanager:x:1:secret:jwt-AbCdEf"
    names = (f"{arn}:::", f"{arn}::AWSPREVIOUS:")
    for order in (1, -1):
        secrets = (Secret(names[0], arn, "v2"), Secret(names[1], arn, "v1", "AWSPREVIOUS"))[::order]
        versions = resolve(replace(WANTED, secrets=names), replace(RECORDS, secrets=secrets)).stack["secret_versions"]
        assert versions == {names[0]: "v2", names[1]: "v1", arn: "v2"}


def test_missing_deleted_and_empty_secrets_are_all_named() -> None:
    gone, parameter = "arn:aws:ssm:us-east-1:1:parameter/gone", "arn:aws:ssm:us-east-1:1:parameter/app/flag"
    found = (Secret("app/old", "arn:old", "v1", deleted=True), Secret("app/empty", "arn:empty", ""))
    records = replace(RECORDS, secrets=(*found, Secret(parameter, parameter, "3")))
    wanted = replace(WANTED, secrets=("app/jwt", "app/old", "app/empty", gone, parameter))
    message = resolve(wanted, records).refusal().message
    assert "secret 'app/empty': no version of it is AWSCURRENT, so no task could start; give it a value" in message
    assert (
        "parameter 'parameter/gone': not found, so no task could start; its ARN names account 1 and region" in message
    )
    assert "create it in the Parameter Store" in message
    assert "parameter/app/flag" not in message
    assert "secret 'app/jwt'" in message
    assert "secret 'app/old'" in message
    assert "scheduled for deletion" in message


def test_parameters_that_may_not_be_described_hide_no_secret() -> None:
    parameter = "arn:aws:ssm:us-east-1:1:parameter/app/flag"
    records = replace(RECORDS, unreadable={"parameters": "AccessDeniedException: no"})
    message = resolve(replace(WANTED, secrets=("app/jwt", parameter)), records).refusal().message
    assert "allow ssm:DescribeParameters" in message
    assert "secret 'app/jwt': not found" in message
    assert "parameter 'parameter/app/flag': not found" not in message
