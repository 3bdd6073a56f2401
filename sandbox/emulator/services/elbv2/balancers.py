"""Load balancers and listeners: names, ports, attribute defaults, default actions and default rules."""

from __future__ import annotations

import re
from typing import Any

from moto.elbv2.exceptions import LoadBalancerNotFoundError
from moto.elbv2.models import ELBv2Backend, FakeListener
from moto.moto_api._internal import mock_random

from sandbox.emulator.services.elbv2.errors import error, in_range, not_permitted, one_of, validation
from sandbox.emulator.services.elbv2.rules import Rule

# AWS (LoadBalancerAttribute): the attributes of an Application Load Balancer and their defaults.
_ATTRIBUTES = {
    "access_logs.s3.bucket": "",
    "access_logs.s3.enabled": "false",
    "access_logs.s3.prefix": "",
    "client_keep_alive.seconds": "3600",
    "connection_logs.s3.bucket": "",
    "connection_logs.s3.enabled": "false",
    "connection_logs.s3.prefix": "",
    "deletion_protection.enabled": "false",
    "idle_timeout.timeout_seconds": "60",
    "ipv6.deny_all_igw_traffic": "false",
    "load_balancing.cross_zone.enabled": "true",
    "routing.http.desync_mitigation_mode": "defensive",
    "routing.http.drop_invalid_header_fields.enabled": "false",
    "routing.http.preserve_host_header.enabled": "false",
    "routing.http.x_amzn_tls_version_and_cipher_suite.enabled": "false",
    "routing.http.xff_client_port.enabled": "false",
    "routing.http.xff_header_processing.mode": "append",
    "routing.http2.enabled": "true",
    "waf.fail_open.enabled": "false",
    "zonal_shift.config.enabled": "false",
}
# AWS (CreateLoadBalancer): the address types; only Application Load Balancers have the third.
_ADDRESS_TYPES = ["ipv4", "dualstack", "dualstack-without-public-ipv4"]
# AWS (General Reference, Elastic Load Balancing endpoints): Route 53 hosted zones of ALBs, as far as tests need them.
_HOSTED_ZONES = {
    "us-east-1": "Z35SXDOTRQ7X7K",
    "us-east-2": "Z3AADJGX6KTTL2",
    "us-west-1": "Z368ELLRRE2KJ0",
    "us-west-2": "Z1H1FL5HABSF5",
    "eu-west-1": "Z32O12XQLNTSW2",
    "eu-central-1": "Z215JYRZR1TBD5",
}


class Balancers(ELBv2Backend):  # type: ignore[misc]
    """The part of the backend that answers for load balancers and listeners."""

    def create_load_balancer(self, name: str, *args: Any, **kwargs: Any) -> Any:
        """AWS: "This name must be unique within your set of ALBs and NLBs for the region"; moto never compares."""
        address_type = kwargs.pop("ip_address_type", None) or "ipv4"
        with self.lock:
            _check_name(name)
            if any(balancer.name == name for balancer in self.load_balancers.values()):
                raise error("DuplicateLoadBalancerName", f"A load balancer with the name '{name}' exists")
            balancer = super().create_load_balancer(name, *args, **kwargs)
            try:
                _check_address_type(balancer, address_type)
            except Exception:
                del self.load_balancers[balancer.arn]
                raise
            balancer.ip_address_type = address_type
            balancer.canonical_hosted_zone_id = _HOSTED_ZONES.get(self.region_name, balancer.canonical_hosted_zone_id)
            if balancer.type == "application":
                balancer.attrs = dict(_ATTRIBUTES)
            return balancer

    def set_ip_address_type(self, arn: str, ip_type: str) -> None:
        with self.lock:
            balancer = self.load_balancers.get(arn)
            if balancer is None:
                raise LoadBalancerNotFoundError()
            _check_address_type(balancer, ip_type)
            balancer.ip_address_type = ip_type

    def delete_load_balancer(self, arn: str) -> None:
        """AWS: refused under deletion protection; deletes the listeners; a missing one is no error."""
        with self.lock:
            balancer = self.load_balancers.get(arn)
            if balancer is None:
                return
            if balancer.attrs.get("deletion_protection.enabled") == "true":
                raise not_permitted(f"Load balancer '{arn}' cannot be deleted because deletion protection is enabled")
            for listener_arn in list(balancer.listeners):
                self.delete_listener(listener_arn)
            del self.load_balancers[arn]
            self.tagging_service.delete_all_tags_for_resource(arn)

    def create_listener(
        self,
        load_balancer_arn: str,
        protocol: str,
        port: str,
        ssl_policy: str,
        certificate: str | None,
        actions: list[dict[str, Any]],
        alpn_policy: list[str] | None = None,
        tags: list[dict[str, str]] | None = None,
    ) -> Any:
        """As moto's, with the actions' defaults and checks, and one listener per port."""
        with self.lock:
            balancer = self.load_balancers.get(load_balancer_arn)
            if balancer is None:
                raise LoadBalancerNotFoundError()
            if balancer.type != "application":
                return super().create_listener(
                    load_balancer_arn, protocol, port, ssl_policy, certificate, actions, alpn_policy, tags
                )
            self._validate_port_and_protocol(balancer.type, port, protocol)
            in_range("port", int(port), 1, 65535)
            if any(int(one.port) == int(port) for one in balancer.listeners.values()):
                raise error("DuplicateListener", f"A listener already exists on this port for '{load_balancer_arn}'")
            if protocol == "HTTPS" and not certificate:
                raise validation("A certificate must be specified for HTTPS listeners")
            arn = f"{load_balancer_arn.replace(':loadbalancer/', ':listener/')}/{mock_random.get_random_hex(16)}"
            policy = ssl_policy if protocol == "HTTPS" else None
            listener = FakeListener(load_balancer_arn, arn, protocol, port, policy, certificate, [], alpn_policy)
            self._set_default_actions(listener, self.checked_actions(actions, listener))
            balancer.listeners[arn] = listener
            if tags:
                self.tagging_service.tag_resource(arn, tags)
            return listener

    def modify_listener(
        self,
        arn: str,
        port: str | None = None,
        protocol: str | None = None,
        ssl_policy: str | None = None,
        certificates: list[dict[str, Any]] | None = None,
        actions: list[dict[str, Any]] | None = None,
    ) -> Any:
        with self.lock:
            listener = self.listener(arn)
            if listener.protocol not in ("HTTP", "HTTPS"):
                return super().modify_listener(arn, port, protocol, ssl_policy, certificates, actions)
            done = self.checked_actions(actions, listener, listener.default_actions) if actions else None
            super().modify_listener(arn, port, protocol, ssl_policy, certificates or [], [])
            if done:
                self._set_default_actions(listener, done)
            return listener

    def delete_listener(self, listener_arn: str) -> Any:
        """AWS deletes the rules with their listener; their tags go too."""
        with self.lock:
            for rule in self.listener(listener_arn).rules.values():
                self.tagging_service.delete_all_tags_for_resource(rule.arn)
            self.tagging_service.delete_all_tags_for_resource(listener_arn)
            return super().delete_listener(listener_arn)

    @staticmethod
    def _set_default_actions(listener: Any, actions: list[Any]) -> None:
        """The default rule is made of the listener's default actions and keeps its ARN."""
        listener.default_actions = actions
        rule = listener._default_rule[0]
        if isinstance(rule, Rule):
            rule.actions = actions
        else:
            listener._default_rule[0] = Rule(listener.arn, "default", [], actions)


def _check_name(name: str) -> None:
    """AWS (CreateLoadBalancer): up to 32 letters, digits and hyphens, no hyphen at an end, not "internal-..."."""
    if len(name) > 32:
        raise validation(f"The load balancer name '{name}' cannot be longer than '32' characters")
    if not re.fullmatch(r"[A-Za-z0-9-]+", name):
        raise validation(f"The load balancer name '{name}' can only contain characters that are alphanumeric or '-'")
    if name.startswith(("-", "internal-")) or name.endswith("-"):
        raise validation(f"The load balancer name '{name}' cannot begin with '-' or 'internal-', or end with '-'")


def _check_address_type(balancer: Any, address_type: str) -> None:
    """AWS (IP address types of an ALB): dual stack needs subnets with IPv6; the third type faces the internet."""
    one_of("ipAddressType", address_type, _ADDRESS_TYPES)
    if address_type == "ipv4":
        return
    if address_type == _ADDRESS_TYPES[2] and (balancer.type != "application" or balancer.scheme == "internal"):
        raise validation(f"The IP address type '{address_type}' needs an internet-facing Application Load Balancer")
    if not all(subnet.ipv6_cidr_block_association_set for subnet in balancer.subnets):
        raise validation("You must specify subnets with an associated IPv6 CIDR block.")
