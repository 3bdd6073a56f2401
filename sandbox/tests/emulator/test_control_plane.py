"""The control plane: one account, every call recorded, faults on request, errors that AWS could give."""

from __future__ import annotations

import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError

from sandbox.emulator.control_plane import ControlPlane
from sandbox.emulator.identify import Request
from sandbox.seed.lay import Seed
from sandbox.seed.sales_prod import SALES_PROD
from sandbox.testing.fixtures import Client


def names(plane: ControlPlane, since: int = 0) -> list[str]:
    return [f"{call.service}:{call.operation}" for call in plane.calls(since)]


def test_every_protocol_is_recorded_by_client_name_and_operation(empty: ControlPlane, client: Client) -> None:
    s3 = client("s3")
    s3.create_bucket(Bucket="notes")
    s3.put_object(Bucket="notes", Key="a/b", Body=b"x")
    s3.list_objects_v2(Bucket="notes")
    s3.head_object(Bucket="notes", Key="a/b")
    client("elbv2").describe_load_balancers()
    client("ec2").describe_vpcs()
    client("ecs").list_clusters()
    client("route53").list_hosted_zones()
    assert names(empty) == [
        "s3:CreateBucket",
        "s3:PutObject",
        "s3:ListObjectsV2",
        "s3:HeadObject",
        "elbv2:DescribeLoadBalancers",
        "ec2:DescribeVpcs",
        "ecs:ListClusters",
        "route53:ListHostedZones",
    ]
    assert [call.write for call in empty.calls()] == [True, True, False, False, False, False, False, False]
    assert {call.status for call in empty.calls()} == {200}


def test_presigned_url_is_recorded(empty: ControlPlane, client: Client) -> None:
    s3 = client("s3")
    s3.create_bucket(Bucket="notes")
    s3.put_object(Bucket="notes", Key="k", Body=b"body")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "notes", "Key": "k"})
    with urllib.request.urlopen(url) as answer:
        assert answer.read() == b"body"
    assert empty.calls()[-1].operation == "GetObject"
    assert empty.calls()[-1].access_key in ("sandbox", "")


def test_calls_after_a_mark_and_by_key(empty: ControlPlane, client: Client) -> None:
    client("ecs").list_clusters()
    mark = empty.mark()
    client("ecs", "AKIATASKTASKTASKTASK").create_cluster(clusterName="c")
    (call,) = empty.calls(mark)
    assert (call.operation, call.write, call.access_key) == ("CreateCluster", True, "AKIATASKTASKTASKTASK")


def test_the_platform_is_not_recorded(empty: ControlPlane, client: Client) -> None:
    client("ecs", "platform").create_cluster(clusterName="c")
    assert empty.calls() == []


@pytest.mark.parametrize(
    ("service", "operation", "write"),
    [
        ("ecs", "DescribeServices", False),
        ("ecr", "BatchGetImage", False),
        ("ecr", "BatchCheckLayerAvailability", False),
        ("ecr", "GetAuthorizationToken", False),
        ("ecr", "BatchDeleteImage", True),
        ("logs", "FilterLogEvents", False),
        ("logs", "StartQuery", True),
        ("s3", "HeadBucket", False),
        ("sts", "AssumeRole", False),
        ("elbv2", "SetRulePriorities", True),
        ("ec2", "AuthorizeSecurityGroupIngress", True),
        ("iam", "SimulatePrincipalPolicy", False),
        ("application-autoscaling", "RegisterScalableTarget", True),
        ("x", "Getaway", True),
    ],
)
def test_what_writes(service: str, operation: str, write: bool) -> None:
    assert Request(service, operation, "", "").write is write


def test_all_calls_meet_the_same_account(empty: ControlPlane, client: Client) -> None:
    for key in ("sandbox", "AKIAIOSFODNN7EXAMPLE"):
        assert client("sts", key).get_caller_identity()["Account"] == "850787717197"


def test_unimplemented_is_a_client_error_and_not_retried(empty: ControlPlane, client: Client) -> None:
    with pytest.raises(ClientError, match="does not implement elbv2:DescribeTrustStoreAssociations") as caught:
        client("elbv2").describe_trust_store_associations(TrustStoreArn="arn")
    assert caught.value.response["Error"]["Code"] == "UnsupportedOperation"
    assert len(empty.calls()) == 1


def test_throttling_fires_as_often_as_asked(empty: ControlPlane, client: Client) -> None:
    empty.faults.add("ecs", "ListClusters", "throttle", times=2)
    assert client("ecs").list_clusters()["clusterArns"] == []
    assert [call.status for call in empty.calls()] == [400, 400, 200]


@pytest.mark.parametrize(
    ("service", "operation"),
    [
        ("application-autoscaling", "describe_scalable_targets"),
        ("cloudwatch", "describe_alarms"),
        ("ec2", "describe_vpcs"),
        ("ecr", "describe_repositories"),
        ("elbv2", "describe_load_balancers"),
        ("iam", "list_roles"),
        ("logs", "describe_log_groups"),
        ("route53", "list_hosted_zones"),
        ("s3", "list_buckets"),
        ("secretsmanager", "list_secrets"),
        ("ssm", "describe_parameters"),
        ("sts", "get_caller_identity"),
    ],
)
def test_every_service_is_throttled_in_words_that_the_sdk_understands(
    empty: ControlPlane, client: Client, service: str, operation: str
) -> None:
    empty.faults.add(service, "*", "throttle")
    given = {"ServiceNamespace": "ecs"} if service == "application-autoscaling" else {}
    getattr(client(service), operation)(**given)
    assert len(empty.calls()) == 2


def test_every_second_call_fails(empty: ControlPlane, client: Client) -> None:
    empty.faults.add("ecs", "ListClusters", "error", code="ServerException", status=503, times=None, every=2)
    client("ecs").list_clusters()
    client("ecs").list_clusters()
    assert [call.status for call in empty.calls()] == [503, 200, 503, 200]


def test_a_lost_reply_was_performed(empty: ControlPlane, client: Client) -> None:
    empty.faults.add("s3", "CreateBucket", "lost_reply")
    s3 = client("s3")
    with pytest.raises(ClientError, match="BucketAlreadyOwnedByYou"):
        # us-east-1 accepts a repeated CreateBucket, so ask for another region to see the conflict.
        s3.create_bucket(Bucket="lost", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    assert [call.status for call in empty.calls()] == [0, 409]


def test_a_foreign_deployer_acts_before_the_call(empty: ControlPlane, client: Client) -> None:
    foreign = client("ecs", "platform")
    empty.faults.add("ecs", "DescribeClusters", "before", callback=lambda: foreign.create_cluster(clusterName="c"))
    answer = client("ecs").describe_clusters(clusters=["c"])
    assert [cluster["clusterName"] for cluster in answer["clusters"]] == ["c"]


def test_reset_forgets_everything(empty: ControlPlane, client: Client) -> None:
    empty.faults.add("ecs", "ListClusters", "error", times=None)
    client("ecs").create_cluster(clusterName="c")
    with pytest.raises(ClientError):
        client("ecs").list_clusters()
    empty.reset(seed=False)
    assert client("ecs").list_clusters()["clusterArns"] == []
    assert names(empty) == ["ecs:ListClusters"]


def test_platform_routes_are_served_and_not_recorded(empty: ControlPlane) -> None:
    def hello(environ, start_response):  # type: ignore[no-untyped-def]
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [environ["PATH_INFO"].encode()]

    empty.routes["/_platform/hello"] = hello
    with urllib.request.urlopen(f"{empty.url}/_platform/hello/you") as answer:
        assert answer.read() == b"/_platform/hello/you"
    assert empty.calls() == []
    del empty.routes["/_platform/hello"]


def test_a_second_plane_in_one_process_is_refused(empty: ControlPlane) -> None:
    with pytest.raises(RuntimeError, match="another ControlPlane"):
        ControlPlane(Seed(SALES_PROD)).start()


def test_concurrent_creates_do_not_share_a_name(empty: ControlPlane, client: Client) -> None:
    ecr = client("ecr")

    def create(_: int) -> bool:
        try:
            ecr.create_repository(repositoryName="one")
        except ecr.exceptions.RepositoryAlreadyExistsException:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(create, range(16))) == 1
