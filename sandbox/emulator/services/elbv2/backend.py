"""The corrected backend: moto's state with the service's behavior, one lock for both."""

from __future__ import annotations

from threading import RLock
from types import ModuleType
from typing import Any

import moto.elbv2.urls
from moto.elbv2.models import elbv2_backends

from sandbox.emulator.services.elbv2.balancers import Balancers
from sandbox.emulator.services.elbv2.errors import error, validation
from sandbox.emulator.services.elbv2.rules import DEFAULT_RULE_QUOTA, Rules
from sandbox.emulator.services.elbv2.target_groups import TargetGroups

# AWS (DescribeTags, AddTags, RemoveTags): "You can specify up to 20 resources in a single call."
MAX_TAG_RESOURCES = 20
# AWS (tag restrictions of Elastic Load Balancing): "Maximum number of tags per resource - 50". moto stops at 10.
MAX_TAGS = 50


class Backend(Rules, TargetGroups, Balancers):
    """One account and region. Every operation holds `lock`, which makes PriorityInUse and reordering atomic."""

    def __init__(self, region_name: str, account_id: str) -> None:
        self.lock = RLock()
        self.rule_quota = DEFAULT_RULE_QUOTA
        super().__init__(region_name, account_id)

    @property
    def _url_module(self) -> ModuleType:
        # moto derives the name of the module from that of the class's module, which is the sandbox's.
        module: ModuleType = moto.elbv2.urls
        return module

    def add_tags(self, resource_arns: list[str], tags: list[dict[str, str]]) -> None:
        with self.lock:
            self._check_resources(resource_arns)
            for arn in resource_arns:
                keys = {*self.tagging_service.get_tag_dict_for_resource(arn), *(tag["Key"] for tag in tags)}
                if len(keys) > MAX_TAGS:
                    raise error("TooManyTags", f"A resource can have at most {MAX_TAGS} tags")
            for arn in resource_arns:
                self.tagging_service.tag_resource(arn, tags)

    def remove_tags(self, resource_arns: list[str], tag_keys: list[str]) -> None:
        with self.lock:
            self._check_resources(resource_arns)
            super().remove_tags(resource_arns, tag_keys)

    def describe_tags(self, resource_arns: list[str]) -> dict[str, dict[str, str]]:
        with self.lock:
            self._check_resources(resource_arns)
            found: dict[str, dict[str, str]] = super().describe_tags(resource_arns)
            return found

    def _check_resources(self, arns: list[str]) -> None:
        """At most 20 in a call, and all of them must exist: the error names what is missing, such as RuleNotFound."""
        if not arns:
            raise validation("At least one resource ARN must be specified")
        if len(arns) > MAX_TAG_RESOURCES:
            raise validation(f"The maximum number of resource ARNs per call is '{MAX_TAG_RESOURCES}'")
        for arn in arns:
            self._get_resource_by_arn(arn)

    def _get_resource_by_arn(self, arn: str) -> Any:
        """moto's own asks the rules by position and does not find the default rule."""
        if ":listener-rule/" in arn:
            return self.rule(arn)
        return super()._get_resource_by_arn(arn)


def backend_of(account_id: str, region: str) -> Backend:
    """The state of one account and region. Ask again for every use: a reset replaces it."""
    found: Backend = elbv2_backends[account_id][region]
    return found


def set_rule_quota(account_id: str, region: str, rules: int) -> None:
    """Change the quota "Rules per Application Load Balancer" (100), which AWS does on request; lasts until a reset."""
    backend_of(account_id, region).rule_quota = rules
