"""Target groups: defaults, limits, attributes, registered targets and their health."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Any, cast

from moto.elbv2.exceptions import TargetGroupNotFoundError
from moto.elbv2.models import ELBv2Backend, FakeTargetGroup, elbv2_backends

from sandbox.emulator.services.elbv2 import health
from sandbox.emulator.services.elbv2.errors import error, in_range, validation
from sandbox.emulator.services.elbv2.health import Health
from sandbox.emulator.services.elbv2.rules import uses
from sandbox.pace import wait_of

Key = tuple[str, int]

# AWS (TargetGroupAttribute): the attributes of an Application Load Balancer's target group and their defaults.
_ATTRIBUTES = {
    "deregistration_delay.timeout_seconds": "300",
    "load_balancing.algorithm.anomaly_mitigation": "off",
    "load_balancing.algorithm.type": "round_robin",
    "load_balancing.cross_zone.enabled": "use_load_balancer_configuration",
    "slow_start.duration_seconds": "0",
    "stickiness.app_cookie.cookie_name": "",
    "stickiness.app_cookie.duration_seconds": "86400",
    "stickiness.enabled": "false",
    "stickiness.lb_cookie.duration_seconds": "86400",
    "stickiness.type": "lb_cookie",
    "target_group_health.dns_failover.minimum_healthy_targets.count": "1",
    "target_group_health.dns_failover.minimum_healthy_targets.percentage": "off",
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count": "1",
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage": "off",
}
_ATTRIBUTE_RANGES = {
    "deregistration_delay.timeout_seconds": (0, 3600),
    "stickiness.app_cookie.duration_seconds": (1, 604800),
    "stickiness.lb_cookie.duration_seconds": (1, 604800),
}
_ATTRIBUTE_CHOICES = {
    "load_balancing.algorithm.anomaly_mitigation": ("on", "off"),
    "load_balancing.algorithm.type": ("round_robin", "least_outstanding_requests", "weighted_random"),
    "load_balancing.cross_zone.enabled": ("true", "false", "use_load_balancer_configuration"),
    "stickiness.enabled": ("true", "false"),
    "stickiness.type": ("lb_cookie", "app_cookie"),
}
# AWS (CreateTargetGroup): the ranges of the health check settings.
_RANGES = {
    "healthcheck_interval_seconds": ("healthCheckIntervalSeconds", 5, 300),
    "healthcheck_timeout_seconds": ("healthCheckTimeoutSeconds", 2, 120),
    "healthy_threshold_count": ("healthyThresholdCount", 2, 10),
    "unhealthy_threshold_count": ("unhealthyThresholdCount", 2, 10),
}


@dataclass(eq=False)
class Target:
    """One registered (ip or instance, port). `health` is None until the balancer, or a test, said something."""

    id: str
    port: int
    availability_zone: str | None = None
    health: Health | None = None
    draining_until: float | None = None
    """On the clock of health.now(); None while the target is registered."""

    @property
    def key(self) -> Key:
        return self.id, self.port


class TargetGroup(FakeTargetGroup):  # type: ignore[misc]
    """moto's target group with the service's defaults and with targets by (id, port)."""

    settings: dict[str, Any]
    """What the group was created with: decides whether creating it again is the same or a conflict."""

    def __init__(self, name: str, account_id: str, region_name: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(name, account_id, region_name, *args, **kwargs)
        for name in ("healthy_threshold_count", "unhealthy_threshold_count"):
            setattr(self, name, int(getattr(self, name)))
        if self.target_type != "lambda" and self.protocol in ("HTTP", "HTTPS"):
            self.attributes = dict(_ATTRIBUTES)
        self.members: dict[Key, Target] = {}

    @property
    def load_balancer_arns(self) -> list[str]:
        """AWS lists the load balancers whose rules use the group now; moto never forgets one."""
        balancers = elbv2_backends[self.account_id][self.region_name].load_balancers
        return [one.arn for one in list(balancers.values()) if uses(one, self.arn)]

    @load_balancer_arns.setter
    def load_balancer_arns(self, value: list[str]) -> None:
        """moto's constructor and create methods write here; the truth is in the rules."""

    @property
    def targets(self) -> dict[str, dict[str, Any]]:
        """For moto's own readers: the registered targets by id."""
        return {target.id: {"Id": target.id, "Port": target.port} for target in self.registered()}

    @targets.setter
    def targets(self, value: Any) -> None:
        pass

    def registered(self) -> list[Target]:
        """The targets that are registered and not draining."""
        return [target for target in list(self.members.values()) if target.draining_until is None]

    def draining(self) -> list[Target]:
        """The targets that were deregistered, for as long as their deregistration delay lasts."""
        self._forget_drained()
        return [target for target in list(self.members.values()) if target.draining_until is not None]

    def register(self, targets: list[dict[str, Any]]) -> None:
        """AWS: a target may be registered several times with different ports; again is no change."""
        for description in targets:
            self._check_id(description["Id"])
        for description in targets:
            target = Target(
                description["Id"], int(description.get("Port") or self.port), description.get("AvailabilityZone")
            )
            known = self.members.get(target.key)
            if known is None or known.draining_until is not None:
                self.members[target.key] = target

    def deregister(self, targets: list[dict[str, Any]]) -> None:
        """AWS: "If the specified target does not exist, the action returns successfully."

        Without a port every port of the id is meant. A target of a group that no load balancer uses needs no draining.
        """
        delay = float(self.attributes["deregistration_delay.timeout_seconds"]) if self.load_balancer_arns else 0.0
        until = health.now() + wait_of(delay)
        for description in targets:
            for target in self.registered():
                if target.id == description["Id"] and description.get("Port") in (None, target.port):
                    target.draining_until = until
        self._forget_drained()

    def deregister_terminated_instances(self, instance_ids: list[str]) -> None:
        self.deregister([{"Id": instance_id} for instance_id in instance_ids])

    def describe_health(self, wanted: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """TargetHealthDescriptions: of all targets, the draining ones too, or of the wanted ones."""
        self._forget_drained()
        if not wanted:
            return [self._description(target) for target in list(self.members.values())]
        found = []
        for description in wanted:
            key = (description["Id"], int(description.get("Port") or self.port))
            target = self.members.get(key)
            found.append(self._description(target or Target(*key, health=health.NOT_REGISTERED)))
        return found

    def health_of(self, target: Target) -> Health:
        if target.health == health.NOT_REGISTERED:
            return target.health
        if target.draining_until is not None:
            return health.DRAINING
        if not self.load_balancer_arns:
            return health.NOT_IN_USE
        if target.health is not None:
            return target.health
        return health.INITIAL if health.is_watched(self.account_id, self.region_name) else health.HEALTHY

    def _description(self, target: Target) -> dict[str, Any]:
        state = self.health_of(target)
        port = target.port if self.health_check_port == "traffic-port" else self.health_check_port
        identity = {"Id": target.id, "Port": target.port, "AvailabilityZone": target.availability_zone}
        return {
            "Target": {name: value for name, value in identity.items() if value is not None},
            "HealthCheckPort": str(port),
            "TargetHealth": {name: value for name, value in state.as_dict().items() if value is not None},
        }

    def _forget_drained(self) -> None:
        for target in list(self.members.values()):
            if target.draining_until is not None and target.draining_until <= health.now():
                del self.members[target.key]

    def _check_id(self, target_id: str) -> None:
        if self.target_type == "ip":
            try:
                ipaddress.ip_address(target_id)
            except ValueError:
                raise validation(f"The IP address '{target_id}' is not valid") from None
        elif self.target_type == "instance":
            instance = self.ec2_backend.get_instance_by_id(target_id)
            if instance is None or instance.state != "running":
                raise error("InvalidTarget", f"The following targets are not in a running state: '{target_id}'")


class TargetGroups(ELBv2Backend):  # type: ignore[misc]
    """The part of the backend that answers for target groups and targets."""

    def create_target_group(self, name: str, **kwargs: Any) -> TargetGroup:
        """AWS: "If you attempt to create multiple target groups with the same settings, each call succeeds." """
        with self.lock:
            _check_health_check(kwargs, kwargs.get("target_type") or "instance", kwargs.get("protocol"))
            settings = {key: value for key, value in kwargs.items() if key != "tags" and value is not None}
            twin = next((group for group in self.target_groups.values() if group.name == name), None)
            if twin is not None and twin.settings == settings:
                return cast(TargetGroup, twin)
            if twin is not None:
                raise error(
                    "DuplicateTargetGroupName",
                    f"A target group with the same name '{name}' exists, but with different settings",
                )
            group = cast(TargetGroup, super().create_target_group(name, **kwargs))
            group.settings = settings
            return group

    def modify_target_group(self, arn: str, *args: Any, **kwargs: Any) -> TargetGroup:
        names = (
            "healthcheck_protocol",
            "healthcheck_port",
            "healthcheck_path",
            "healthcheck_interval_seconds",
            "healthcheck_timeout_seconds",
            "healthy_threshold_count",
            "unhealthy_threshold_count",
            "matcher",
        )
        with self.lock:
            group = self.target_group(arn)
            given = {name: value for name, value in zip(names, args, strict=False) if value is not None}
            given["healthcheck_enabled"] = kwargs.get("health_check_enabled")
            given.setdefault("healthcheck_interval_seconds", group.health_check_interval_seconds)
            given.setdefault("healthcheck_timeout_seconds", group.health_check_timeout_seconds)
            if "matcher" in given:
                given["matcher"] = {"HttpCode": given["matcher"]}
            _check_health_check(given, group.target_type, group.protocol)
            return cast(TargetGroup, super().modify_target_group(arn, *args, **kwargs))

    def modify_target_group_attributes(self, target_group_arn: str, attributes: dict[str, Any]) -> None:
        with self.lock:
            group = self.target_group(target_group_arn)
            for key, value in attributes.items():
                _check_attribute(group, key, str(value))
            super().modify_target_group_attributes(
                target_group_arn, {key: str(value) for key, value in attributes.items()}
            )

    def delete_target_group(self, target_group_arn: str) -> Any:
        """AWS: ResourceInUse while a rule or default action uses it; a group that does not exist is no error.

        The second half follows the API reference, whose only documented error is ResourceInUse.
        """
        with self.lock:
            group = self.target_groups.get(target_group_arn)
            if group is None:
                return None
            if group.load_balancer_arns:
                raise error(
                    "ResourceInUse", f"Target group '{target_group_arn}' is currently in use by a listener or a rule"
                )
            self.tagging_service.delete_all_tags_for_resource(target_group_arn)
            return self.target_groups.pop(target_group_arn)

    def register_targets(self, target_group_arn: str, instances: list[dict[str, Any]]) -> None:
        with self.lock:
            self.target_group(target_group_arn).register(instances)

    def deregister_targets(self, target_group_arn: str, instances: list[dict[str, Any]]) -> None:
        with self.lock:
            self.target_group(target_group_arn).deregister(instances)

    def describe_target_health(self, target_group_arn: str, targets: list[dict[str, Any]]) -> list[dict[str, Any]]:
        with self.lock:
            return self.target_group(target_group_arn).describe_health(targets)

    def set_target_health(self, target_group_arn: str, target_id: str, port: int, state: Health | None) -> None:
        """Decide about a registered target: the load balancer does, and tests without one. Unknown ones are ignored."""
        with self.lock:
            group = self.target_groups.get(target_group_arn)
            target = group.members.get((target_id, port)) if group else None
            if target is not None:
                target.health = state

    def target_group(self, arn: str) -> TargetGroup:
        group: TargetGroup | None = self.target_groups.get(arn)
        if group is None:
            raise TargetGroupNotFoundError()
        return group


def _check_attribute(group: TargetGroup, key: str, value: str) -> None:
    if key not in group.attributes:
        raise validation(f"Target group attribute key '{key}' is not recognized")
    if key in _ATTRIBUTE_RANGES:
        low, high = _ATTRIBUTE_RANGES[key]
        if not value.isdigit() or not low <= int(value) <= high:
            raise validation(f"'{key}' value '{value}' must be between '{low}-{high}' inclusive")
    choices = _ATTRIBUTE_CHOICES.get(key)
    if choices and value not in choices:
        raise validation(f"'{key}' value '{value}' must be one of [{', '.join(choices)}]")


def _check_health_check(settings: dict[str, Any], target_type: str, protocol: str | None) -> None:
    """AWS (CreateTargetGroup): ranges, the path, the matcher; health checks cannot be switched off for most types."""
    for key, (name, low, high) in _RANGES.items():
        if settings.get(key) is not None:
            in_range(name, int(settings[key]), low, high)
    if str(settings.get("healthcheck_enabled")).lower() == "false" and target_type != "lambda":
        raise validation(f"Health check enabled must be true for target groups with target type '{target_type}'")
    path = settings.get("healthcheck_path")
    if path is not None and not (path.startswith("/") and len(path) <= 1024):
        raise validation(f"Health check path '{path}' must begin with '/' and have at most 1024 characters")
    port = settings.get("healthcheck_port")
    if port is not None and port != "traffic-port" and not (str(port).isdigit() and 1 <= int(port) <= 65535):
        raise validation(f"Health check port '{port}' must be 'traffic-port' or between 1 and 65535")
    if protocol not in ("HTTP", "HTTPS"):
        return
    interval, timeout = settings.get("healthcheck_interval_seconds"), settings.get("healthcheck_timeout_seconds")
    if int(timeout or 5) >= int(interval or 30):
        raise validation(f"Health check timeout '{timeout or 5}' must be smaller than the interval '{interval or 30}'")
    _check_matcher((settings.get("matcher") or {}).get("HttpCode"))


def _check_matcher(codes: str | None) -> None:
    """AWS (Matcher): values "200,202" or ranges "200-299", each from 200 to 499 for HTTP and HTTPS."""
    for part in (codes or "200").split(","):
        ends = part.split("-")
        if len(ends) > 2 or not all(re.fullmatch(r"[234]\d\d", end) for end in ends) or ends != sorted(ends):
            raise validation(f"Health check matcher HTTP code '{codes}' must be within '200-499' inclusive")
