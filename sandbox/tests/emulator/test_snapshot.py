"""A reset restores the account as it was seeded."""

from __future__ import annotations

from sandbox.emulator.control_plane import ControlPlane
from sandbox.testing.fixtures import Client


def test_a_reset_brings_everything_back(seeded: ControlPlane, client: Client) -> None:
    """What was deleted, changed or added since the seed; in every service at once."""
    s3, ec2, iam, elbv2 = client("s3"), client("ec2"), client("iam"), client("elbv2")
    balancer = elbv2.describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"]
    listeners = elbv2.describe_listeners(LoadBalancerArn=balancer)["Listeners"]
    listener = next(found["ListenerArn"] for found in listeners if found["Port"] == 443)
    rules = elbv2.describe_rules(ListenerArn=listener)["Rules"]
    before = s3.list_objects_v2(Bucket="quilt-example")["KeyCount"]
    buckets = {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}
    s3.put_object(Bucket="quilt-example", Key="new", Body=b"x")
    s3.create_bucket(Bucket="quilt-new")
    ec2.create_vpc(CidrBlock="10.9.0.0/16")
    iam.detach_role_policy(
        RoleName="ecsTaskExecutionRole",
        PolicyArn="arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy",
    )
    elbv2.delete_rule(RuleArn=rules[0]["RuleArn"])
    client("ecs").create_cluster(clusterName="more")

    for _ in range(2):
        seeded.reset()
        assert s3.list_objects_v2(Bucket="quilt-example")["KeyCount"] == before
        assert {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]} == buckets
        assert [vpc["CidrBlock"] for vpc in ec2.describe_vpcs()["Vpcs"] if vpc["CidrBlock"].startswith("10.")] == [
            "10.0.0.0/16"
        ]
        assert iam.list_attached_role_policies(RoleName="ecsTaskExecutionRole")["AttachedPolicies"]
        assert elbv2.describe_rules(RuleArns=[rules[0]["RuleArn"]])["Rules"]
        assert len(client("ecs").list_clusters()["clusterArns"]) == 1
        # Restored, and usable: the next change must not reach into the snapshot.
        s3.delete_object(Bucket="quilt-example", Key="hello/README.md")
        client("ecs").create_cluster(clusterName="more")
