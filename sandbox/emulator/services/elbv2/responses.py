"""The request handlers that must read or answer more than moto's do."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.elbv2.responses import ELBV2Response

from sandbox.emulator.services.elbv2.errors import in_range, validation

# AWS (DescribeRules and its siblings): PageSize is 1 to 400; 400 is the size of a page when none is asked for.
MAX_PAGE = 400


class Response(ELBV2Response):  # type: ignore[misc]
    """One request. The backend's lock is held for the whole of it, so a paged read sees one state."""

    def call_action(self) -> Any:
        with self.elbv2_backend.lock:
            return super().call_action()

    def create_rule(self) -> ActionResult:
        params = self._get_params()
        rule = self.elbv2_backend.create_rule(
            params["ListenerArn"],
            params.get("Conditions") or [],
            params["Priority"],
            params.get("Actions") or [],
            params.get("Tags"),
            params.get("Transforms"),
        )
        return ActionResult({"Rules": [rule]})

    def modify_rule(self) -> ActionResult:
        params = self._get_params()
        rule = self.elbv2_backend.modify_rule(
            params["RuleArn"],
            params.get("Conditions"),
            params.get("Actions"),
            params.get("Transforms"),
            bool(params.get("ResetTransforms")),
        )
        return ActionResult({"Rules": [rule]})

    def delete_rule(self) -> ActionResult:
        self.elbv2_backend.delete_rule(self._get_param("RuleArn"))
        return EmptyResult()

    def describe_rules(self) -> ActionResult:
        rules = self.elbv2_backend.describe_rules(self._get_param("ListenerArn"), self._get_param("RuleArns"))
        # A marker is a place in the order, so that it stays good when the rule it was made from is deleted.
        return self._page("Rules", rules, lambda rule: f"{rule.order:06d}{rule.arn}")

    def describe_target_groups(self) -> ActionResult:
        groups = self.elbv2_backend.describe_target_groups(
            self._get_param("LoadBalancerArn"), self._get_param("TargetGroupArns", []), self._get_param("Names", [])
        )
        return self._page("TargetGroups", list(groups), lambda group: group.name)

    def describe_load_balancers(self) -> ActionResult:
        balancers = self.elbv2_backend.describe_load_balancers(
            self._get_param("LoadBalancerArns", []), self._get_param("Names", [])
        )
        return self._page("LoadBalancers", list(balancers), lambda balancer: balancer.arn)

    def modify_target_group_attributes(self) -> ActionResult:
        """AWS answers with all attributes, not with the changed ones."""
        arn = self._get_param("TargetGroupArn")
        attributes = {one["Key"]: one["Value"] for one in self._get_param("Attributes", [])}
        self.elbv2_backend.modify_target_group_attributes(arn, attributes)
        return ActionResult({"Attributes": self.elbv2_backend.target_group(arn).attributes})

    def describe_account_limits(self) -> ActionResult:
        answer: ActionResult = super().describe_account_limits()
        for limit in answer._result["Limits"]:
            if limit["Name"] == "rules-per-application-load-balancer":
                limit["Max"] = self.elbv2_backend.rule_quota
        return answer

    def _page(self, name: str, found: list[Any], place: Callable[[Any], str]) -> ActionResult:
        size = self._get_int_param("PageSize", MAX_PAGE)
        in_range("pageSize", size, 1, MAX_PAGE)
        found = sorted(found, key=place)
        marker = self._get_param("Marker")
        if marker:
            after = _decode(marker)
            found = [one for one in found if place(one) > after]
        following = _encode(place(found[size - 1])) if len(found) > size else None
        return ActionResult({name: found[:size], "NextMarker": following})


def _encode(place: str) -> str:
    return base64.urlsafe_b64encode(place.encode()).decode()


def _decode(marker: str) -> str:
    try:
        return base64.urlsafe_b64decode(marker.encode()).decode()
    except ValueError:
        raise validation(f"The marker '{marker}' is not valid") from None
