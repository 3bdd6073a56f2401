"""A listener of a shared balancer for the tests of elb_listener_rule, and what rules are made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.emulator.services.elbv2 import backend as elbv2

Document = dict[str, Any]

NAME = "sales-prod-mcp-server-production"


def host(*values: str) -> Document:
    return {"field": "host-header", "values": list(values)}


def path(*values: str) -> Document:
    return {"field": "path-pattern", "values": list(values)}


def fixed(code: str = "200") -> Document:
    return {"type": "fixed-response", "fixed_response_config": {"status_code": code}}


MCP = [host("demo.quiltdata.com"), path("/mcp", "/mcp/*")]


@dataclass
class Listener:
    """A listener of its own balancer without foreign rules, and the module run against it."""

    elb: Any
    run_module: Callable[..., Document]
    aws: Any
    balancer: str
    arn: str

    def run(self, check: bool = False, **parameters: Any) -> Document:
        given: Document = {"name": NAME, "listener_arn": self.arn, "conditions": MCP, "actions": [fixed()]}
        given |= parameters
        return self.run_module(
            "elb_listener_rule", check=check, **{key: value for key, value in given.items() if value is not None}
        )

    def foreign(self, priority: int, *conditions: Document, tags: Document | None = None, **more: Any) -> str:
        """A rule of somebody else."""
        made = [camel(condition) for condition in conditions]
        request: Document = {"Actions": [FIXED], **more}
        if tags:
            request["Tags"] = [{"Key": key, "Value": value} for key, value in tags.items()]
        rule = self.elb.create_rule(ListenerArn=self.arn, Priority=priority, Conditions=made, **request)
        return str(rule["Rules"][0]["RuleArn"])

    def group(self, name: str) -> str:
        """A target group, as its ARN."""
        vpc = self.elb.describe_load_balancers(LoadBalancerArns=[self.balancer])["LoadBalancers"][0]["VpcId"]
        made = self.elb.create_target_group(Name=name, Protocol="HTTP", Port=8000, VpcId=vpc, TargetType="ip")
        return str(made["TargetGroups"][0]["TargetGroupArn"])

    def quota(self, rules: int) -> None:
        """The quota of rules per balancer; AWS gives 100 unless asked."""
        elbv2.set_rule_quota(self.aws.account_id, self.aws.region, rules)

    def secret(self) -> str | None:
        """The client secret of the deployment's rule, which no API ever gives back."""
        backend = elbv2.backend_of(self.aws.account_id, self.aws.region)
        (rule,) = backend.describe_rules(None, [self.own()["RuleArn"]])
        return next((action.client_secret for action in rule.actions if action.client_secret), None)

    def rules(self) -> list[Document]:
        found: list[Document] = self.elb.describe_rules(ListenerArn=self.arn)["Rules"]
        return found

    def priorities(self) -> list[str]:
        return [rule["Priority"] for rule in self.rules() if not rule["IsDefault"]]

    def own(self) -> Document:
        arns = {rule["RuleArn"]: rule for rule in self.rules()}
        tags = self.elb.describe_tags(ResourceArns=list(arns))["TagDescriptions"]
        own = [one["ResourceArn"] for one in tags if {"Key": "quilt:rule", "Value": NAME} in one["Tags"]]
        assert len(own) == 1, own
        return arns[own[0]]


FIXED = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}
_CONFIGS = {
    "host-header": "HostHeaderConfig",
    "path-pattern": "PathPatternConfig",
    "http-header": "HttpHeaderConfig",
    "http-request-method": "HttpRequestMethodConfig",
    "query-string": "QueryStringConfig",
    "source-ip": "SourceIpConfig",
}


def camel(condition: Document) -> Document:
    names = {"values": "Values", "regex_values": "RegexValues", "http_header_name": "HttpHeaderName"}
    config = {names[key]: value for key, value in condition.items() if key != "field"}
    return {"Field": condition["field"], _CONFIGS[condition["field"]]: config}


def shared_listener(client: Callable[[str], Any]) -> tuple[str, str]:
    """A balancer `shared` with an HTTPS listener that has no rules: the ARNs of both."""
    elb, ec2 = client("elbv2"), client("ec2")
    by_zone = {subnet["AvailabilityZone"]: subnet["SubnetId"] for subnet in ec2.describe_subnets()["Subnets"]}
    balancer = elb.create_load_balancer(Name="shared", Subnets=list(by_zone.values()))["LoadBalancers"][0]
    certificate = client("acm").list_certificates()["CertificateSummaryList"][0]["CertificateArn"]
    arn = elb.create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"],
        Protocol="HTTPS",
        Port=443,
        Certificates=[{"CertificateArn": certificate}],
        DefaultActions=[FIXED],
    )["Listeners"][0]["ListenerArn"]
    return balancer["LoadBalancerArn"], arn


def make(aws: Any, client: Callable[[str], Any], run_module: Callable[..., Document]) -> Listener:
    """The module to be run against a listener of its own."""
    return Listener(client("elbv2"), run_module, aws, *shared_listener(client))


def forward(*groups: str | tuple[str, int], stickiness: Document | None = None) -> Document:
    named = [(group, None) if isinstance(group, str) else group for group in groups]
    listed = [{"target_group_arn": arn} | ({} if weight is None else {"weight": weight}) for arn, weight in named]
    config: Document = {"target_groups": listed}
    return {
        "type": "forward",
        "forward_config": config | ({"target_group_stickiness_config": stickiness} if stickiness else {}),
    }


def rewrite(regex: str) -> Document:
    return {"type": "url-rewrite", "url_rewrite_config": {"rewrites": [{"regex": regex, "replace": "/$1"}]}}


REDIRECT: Document = {"type": "redirect", "redirect_config": {"status_code": "HTTP_301", "path": "/new/#{path}"}}
OIDC_CONFIG = {
    "issuer": "https://idp.example.com",
    "authorization_endpoint": "https://idp.example.com/authorize",
    "token_endpoint": "https://idp.example.com/token",
    "user_info_endpoint": "https://idp.example.com/user",
    "client_id": "mcp",
    "client_secret": "s3cr3t-one",
}
OIDC: Document = {"type": "authenticate-oidc", "authenticate_oidc_config": OIDC_CONFIG}
JWT: Document = {
    "type": "jwt-validation",
    "jwt_validation_config": {
        "jwks_endpoint": "https://idp.example.com/keys",
        "issuer": "https://idp.example.com",
        "additional_claims": [
            {"format": "string-array", "name": "aud", "values": ["b", "a"]},
            {"format": "single-string", "name": "sub", "values": ["x"]},
        ],
    },
}
COGNITO: Document = {
    "type": "authenticate-cognito",
    "authenticate_cognito_config": {
        "user_pool_arn": "arn:aws:cognito-idp:us-east-1:850787717197:userpool/us-east-1_abc",
        "user_pool_client_id": "client",
        "user_pool_domain": "login",
        "authentication_request_extra_params": {"display_Mode": "page"},
    },
}
