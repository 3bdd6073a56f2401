"""The shared load balancer: security groups, listeners, the certificate, and the rules of other stacks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sandbox import tls
from sandbox.clients import Clients
from sandbox.seed.names import FOREIGN_TARGETS, HOST, LOAD_BALANCER, REGISTRY_HOST, S3_PROXY_HOST, STACK, ZONE
from sandbox.seed.network import Network

_TAGS = [{"Key": "Stack", "Value": STACK}]


@dataclass(frozen=True)
class Balancer:
    """What later parts of the seed need."""

    security_group_id: str
    dns_name: str
    zone_id: str
    target_groups: dict[str, str]


def lay(aws: Clients, network: Network) -> Balancer:
    elbv2 = aws("elbv2")
    security_group_id = _security_groups(aws, network)
    balancer = elbv2.create_load_balancer(
        Name=LOAD_BALANCER,
        Subnets=network.public_subnet_ids,
        SecurityGroups=[security_group_id],
        Scheme="internet-facing",
        Type="application",
        Tags=_TAGS,
    )["LoadBalancers"][0]
    target_groups = {name: _target_group(elbv2, network, name) for name in FOREIGN_TARGETS}
    _, pair = tls.issue(tls.HOSTS)
    certificate_arn = aws("acm").import_certificate(Certificate=pair.cert, PrivateKey=pair.key)["CertificateArn"]
    elbv2.create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"],
        Protocol="HTTP",
        Port=80,
        DefaultActions=[_redirect(Protocol="HTTPS", Port="443")],
        Tags=_TAGS,
    )
    https = elbv2.create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"],
        Protocol="HTTPS",
        Port=443,
        SslPolicy="ELBSecurityPolicy-TLS13-1-2-2021-06",
        Certificates=[{"CertificateArn": certificate_arn}],
        DefaultActions=[_fixed("404", "no such host here")],
        Tags=_TAGS,
    )["Listeners"][0]
    for priority, hosts, paths, action in _foreign_rules(target_groups):
        conditions = [{"Field": "host-header", "HostHeaderConfig": {"Values": hosts}}]
        if paths:
            conditions.append({"Field": "path-pattern", "PathPatternConfig": {"Values": paths}})
        elbv2.create_rule(
            ListenerArn=https["ListenerArn"], Priority=priority, Conditions=conditions, Actions=[action], Tags=_TAGS
        )
    return Balancer(security_group_id, balancer["DNSName"], balancer["CanonicalHostedZoneId"], target_groups)


def _foreign_rules(groups: dict[str, str]) -> list[tuple[int, list[str], list[str], dict[str, Any]]]:
    """Priority, hosts, paths, action. The catalog takes all of its host at 500: a rule of ours must come before it."""
    catalog, registry, s3_proxy = (_forward(groups[name]) for name in FOREIGN_TARGETS)
    return [
        (10, [REGISTRY_HOST], [], registry),
        (20, [S3_PROXY_HOST], [], s3_proxy),
        (100, [HOST], ["/api/*", "/oauth2/*"], registry),
        (101, [HOST], ["/__s3proxy/*"], s3_proxy),
        (103, [HOST], ["/.well-known/security.txt"], _fixed("200", f"Contact: mailto:security@{ZONE}\n")),
        (200, [f"sales.{ZONE}"], [], _redirect(Host=HOST)),
        (500, [HOST], [], catalog),
        (600, [f"*.{ZONE}"], [], _fixed("404", "no such catalog")),
    ]


def _security_groups(aws: Clients, network: Network) -> str:
    """The balancer's group, open for HTTP and HTTPS; and the catalog's, open for the balancer's."""
    ec2 = aws("ec2")
    balancer = _security_group(ec2, network, f"{LOAD_BALANCER}-sg", "Load balancer of the stack sales-prod")
    ec2.authorize_security_group_ingress(
        GroupId=balancer, IpPermissions=[_permission(port, IpRanges=[{"CidrIp": "0.0.0.0/0"}]) for port in (80, 443)]
    )
    catalog = _security_group(ec2, network, f"{STACK}-catalog-sg", "Catalog of the stack sales-prod")
    ec2.authorize_security_group_ingress(
        GroupId=catalog, IpPermissions=[_permission(80, UserIdGroupPairs=[{"GroupId": balancer}])]
    )
    return balancer


def _security_group(ec2: Any, network: Network, name: str, description: str) -> str:
    tags = [{"ResourceType": "security-group", "Tags": [{"Key": "Name", "Value": name}, *_TAGS]}]
    group = ec2.create_security_group(
        GroupName=name, Description=description, VpcId=network.vpc_id, TagSpecifications=tags
    )
    return str(group["GroupId"])


def _permission(port: int, **sources: Any) -> dict[str, Any]:
    return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, **sources}


def _target_group(elbv2: Any, network: Network, name: str) -> str:
    group = elbv2.create_target_group(
        Name=name,
        Protocol="HTTP",
        Port=80,
        VpcId=network.vpc_id,
        TargetType="ip",
        HealthCheckPath="/healthcheck",
        Tags=_TAGS,
    )
    arn = str(group["TargetGroups"][0]["TargetGroupArn"])
    ip, port = FOREIGN_TARGETS[name]
    elbv2.register_targets(TargetGroupArn=arn, Targets=[{"Id": ip, "Port": port}])
    return arn


def _forward(target_group_arn: str) -> dict[str, Any]:
    return {"Type": "forward", "TargetGroupArn": target_group_arn}


def _fixed(status: str, body: str) -> dict[str, Any]:
    config = {"StatusCode": status, "ContentType": "text/plain", "MessageBody": body}
    return {"Type": "fixed-response", "FixedResponseConfig": config}


def _redirect(**changes: str) -> dict[str, Any]:
    config = {"Protocol": "#{protocol}", "Host": "#{host}", "Port": "#{port}", "Path": "/#{path}", "Query": "#{query}"}
    return {"Type": "redirect", "RedirectConfig": {**config, **changes, "StatusCode": "HTTP_301"}}
