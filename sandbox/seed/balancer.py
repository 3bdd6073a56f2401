"""A shared load balancer: its security group, listeners and certificate, and the rules of other owners."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sandbox import tls
from sandbox.clients import Clients
from sandbox.seed.network import Network
from sandbox.seed.stack import Action, FixedResponse, Forward, LoadBalancer, Redirect, Stack


@dataclass(frozen=True)
class Balancer:
    """What later parts of the seed need."""

    hosts: tuple[str, ...]
    security_group_id: str
    dns_name: str
    zone_id: str
    target_groups: dict[str, str]


def lay(aws: Clients, stack: Stack, network: Network, wanted: LoadBalancer) -> Balancer:
    elbv2, tags = aws("elbv2"), stack.tags()
    security_group_id = _security_groups(aws, stack, network, wanted)
    balancer = elbv2.create_load_balancer(
        Name=wanted.name,
        Subnets=network.public_subnet_ids,
        SecurityGroups=[security_group_id],
        Scheme="internet-facing",
        Type="application",
        IpAddressType=wanted.address_type,
        Tags=tags,
    )["LoadBalancers"][0]
    groups = {name: _target_group(elbv2, stack, network, name, wanted.targets[name]) for name in wanted.targets}
    _, pair = tls.issue(wanted.hosts)
    certificate_arn = aws("acm").import_certificate(Certificate=pair.cert, PrivateKey=pair.key)["CertificateArn"]
    elbv2.create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"],
        Protocol="HTTP",
        Port=80,
        DefaultActions=[_redirect(Protocol="HTTPS", Port="443")],
        Tags=tags,
    )
    https = elbv2.create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"],
        Protocol="HTTPS",
        Port=443,
        SslPolicy="ELBSecurityPolicy-TLS13-1-2-2021-06",
        Certificates=[{"CertificateArn": certificate_arn}],
        DefaultActions=[_fixed("404", "no such host here")],
        Tags=tags,
    )["Listeners"][0]
    for rule in wanted.rules:
        conditions = [{"Field": "host-header", "HostHeaderConfig": {"Values": list(rule.hosts)}}]
        if rule.paths:
            conditions.append({"Field": "path-pattern", "PathPatternConfig": {"Values": list(rule.paths)}})
        elbv2.create_rule(
            ListenerArn=https["ListenerArn"],
            Priority=rule.priority,
            Conditions=conditions,
            Actions=[_action(rule.action, groups)],
            Tags=tags,
        )
    zone_id = balancer["CanonicalHostedZoneId"]
    return Balancer(wanted.hosts, security_group_id, balancer["DNSName"], zone_id, groups)


def _security_groups(aws: Clients, stack: Stack, network: Network, wanted: LoadBalancer) -> str:
    """The balancer's group, open for HTTP and HTTPS; and its service's, open for the balancer's."""
    ec2 = aws("ec2")
    balancer = _security_group(ec2, stack, network, wanted.name, f"Load balancer of the stack {stack.name}")
    ec2.authorize_security_group_ingress(
        GroupId=balancer, IpPermissions=[_permission(port, IpRanges=[{"CidrIp": "0.0.0.0/0"}]) for port in (80, 443)]
    )
    if stack.service is not None and stack.service.name in wanted.targets:
        service = _security_group(
            ec2, stack, network, stack.service.name, f"{stack.service.container.capitalize()} of the stack {stack.name}"
        )
        ec2.authorize_security_group_ingress(
            GroupId=service, IpPermissions=[_permission(80, UserIdGroupPairs=[{"GroupId": balancer}])]
        )
    return balancer


def _security_group(ec2: Any, stack: Stack, network: Network, of: str, description: str) -> str:
    tags = [{"ResourceType": "security-group", "Tags": stack.tags(Name=f"{of}-sg")}]
    group = ec2.create_security_group(
        GroupName=f"{of}-sg", Description=description, VpcId=network.vpc_id, TagSpecifications=tags
    )
    return str(group["GroupId"])


def _permission(port: int, **sources: Any) -> dict[str, Any]:
    return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, **sources}


def _target_group(elbv2: Any, stack: Stack, network: Network, name: str, address: tuple[str, int]) -> str:
    group = elbv2.create_target_group(
        Name=name,
        Protocol="HTTP",
        Port=80,
        VpcId=network.vpc_id,
        TargetType="ip",
        HealthCheckPath="/healthcheck",
        Tags=stack.tags(),
    )
    arn = str(group["TargetGroups"][0]["TargetGroupArn"])
    ip, port = address
    elbv2.register_targets(TargetGroupArn=arn, Targets=[{"Id": ip, "Port": port}])
    return arn


def _action(action: Action, groups: dict[str, str]) -> dict[str, Any]:
    match action:
        case Forward(name):
            return {"Type": "forward", "TargetGroupArn": groups[name]}
        case Redirect(host):
            return _redirect(Host=host)
        case FixedResponse(status, body):
            return _fixed(status, body)


def _fixed(status: str, body: str) -> dict[str, Any]:
    config = {"StatusCode": status, "ContentType": "text/plain", "MessageBody": body}
    return {"Type": "fixed-response", "FixedResponseConfig": config}


def _redirect(**changes: str) -> dict[str, Any]:
    config = {"Protocol": "#{protocol}", "Host": "#{host}", "Port": "#{port}", "Path": "/#{path}", "Query": "#{query}"}
    return {"Type": "redirect", "RedirectConfig": {**config, **changes, "StatusCode": "HTTP_301"}}
