# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""An ELB target group: how it is read, compared and written. Its targets belong to ECS and are never touched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.tagging import (
    ansible_dict_to_boto3_tag_list,
    boto3_tag_list_to_ansible_dict,
)

from .._core.calls import aws_call
from .._core.compare import normalise
from .._core.plan import Current, Plan
from .._core.resource import Resource
from .._core.shapes import Document, to_snake
from .target_group_defaults import attribute_values, check_attributes, check_name, service_defaults

GONE = "TargetGroupNotFound"


class TargetGroup(Resource):
    kind = "target group"
    service = "elbv2"
    result_key = "target_group"
    identifier = "name"
    request = "CreateTargetGroup"
    fields = (
        "name",
        "protocol",
        "protocol_version",
        "port",
        "vpc_id",
        "target_type",
        "ip_address_type",
        "target_control_port",
        "health_check_enabled",
        "health_check_protocol",
        "health_check_port",
        "health_check_path",
        "health_check_interval_seconds",
        "health_check_timeout_seconds",
        "healthy_threshold_count",
        "unhealthy_threshold_count",
        "matcher",
        "attributes",
    )
    beside = ("attributes",)
    facts = ("target_group_arn", "target_group_name", "load_balancer_arns")
    immutable = (
        "protocol",
        "protocol_version",
        "port",
        "vpc_id",
        "target_type",
        "ip_address_type",
        "target_control_port",
    )
    way_out = (
        "Create a target group of another name and point the rule and the service at it, "
        "or take this one off its rules and delete it first"
    )

    def validate(self) -> None:
        check_name(self.name)
        check_attributes(self.params["attributes"])

    def wanted(self) -> Document:
        wanted = super().wanted()
        if "attributes" in wanted:
            wanted["attributes"] = attribute_values(wanted["attributes"])
        return {name: value for name, value in wanted.items() if name != "attributes" or value}

    def normalised(self, document: Mapping[str, Any]) -> Document:
        result = super().normalised(document)
        return normalise(result, service_defaults(result), ())

    def read(self) -> Current | None:
        group = self._describe()
        if group is None:
            return None
        arn = group["TargetGroupArn"]
        described = to_snake(group, self.model.shape_for("TargetGroup"))
        return self.current(
            group,
            "TargetGroup",
            self._tags(arn),
            name=described["target_group_name"],
            load_balancer_arns=described.get("load_balancer_arns", []),
            attributes=self._attributes(arn),
        )

    def predict(self, plan: Plan) -> Document:
        return {} if plan.current else {"target_group_name": self.name, "load_balancer_arns": []}

    def create(self, plan: Plan) -> None:
        arn = self._create(self.request_for(plan.wanted), ansible_dict_to_boto3_tag_list(plan.tags_after))
        if plan.wanted.get("attributes"):
            self._write_attributes(arn, plan.wanted["attributes"])

    def update(self, plan: Plan) -> None:
        arn = plan.facts["target_group_arn"]
        changed = {name: plan.after[name] for name in plan.changes if name in plan.after and name not in self.beside}
        if changed:
            self._modify(arn, self.request_for(changed, "ModifyTargetGroup"))
        if "attributes" in plan.changes:
            before = plan.before.get("attributes", {})
            wanted = {key: value for key, value in plan.after["attributes"].items() if before.get(key) != value}
            self._write_attributes(arn, wanted)

    # After its rule is deleted a target group counts as in use for a moment.
    @aws_call("delete target group {self.name}", missing=[GONE], retry=["ResourceInUse"], retries=5)
    def delete(self, current: Current) -> None:
        self.client().delete_target_group(TargetGroupArn=current.facts["target_group_arn"])

    @aws_call("tag target group {self.name}")
    def tag(self, current: Current, tags: Mapping[str, str]) -> None:
        arn = current.facts["target_group_arn"]
        self.client().add_tags(ResourceArns=[arn], Tags=ansible_dict_to_boto3_tag_list(tags))

    @aws_call("untag target group {self.name}")
    def untag(self, current: Current, keys: Sequence[str]) -> None:
        self.client().remove_tags(ResourceArns=[current.facts["target_group_arn"]], TagKeys=list(keys))

    @aws_call("describe target group {self.name}", missing=[GONE])
    def _describe(self) -> dict[str, Any]:
        found: dict[str, Any] = self.client().describe_target_groups(Names=[self.name])["TargetGroups"][0]
        return found

    @aws_call("describe the attributes of target group {self.name}")
    def _attributes(self, arn: str) -> dict[str, str]:
        answer = self.client().describe_target_group_attributes(TargetGroupArn=arn)
        return {attribute["Key"]: attribute.get("Value", "") for attribute in answer["Attributes"]}

    @aws_call("describe the tags of target group {self.name}")
    def _tags(self, arn: str) -> dict[str, str]:
        described = self.client().describe_tags(ResourceArns=[arn])["TagDescriptions"]
        tags: dict[str, str] = boto3_tag_list_to_ansible_dict(described[0]["Tags"] if described else [])
        return tags

    @aws_call("create target group {self.name}", stale=["DuplicateTargetGroupName"])
    def _create(self, request: dict[str, Any], tags: list[dict[str, str]]) -> str:
        created = self.client().create_target_group(**request, **({"Tags": tags} if tags else {}))
        arn: str = created["TargetGroups"][0]["TargetGroupArn"]
        return arn

    @aws_call("change the health check of target group {self.name}", stale=[GONE])
    def _modify(self, arn: str, request: dict[str, Any]) -> None:
        self.client().modify_target_group(TargetGroupArn=arn, **request)

    @aws_call("set attributes of target group {self.name}", stale=[GONE])
    def _write_attributes(self, arn: str, attributes: Mapping[str, str]) -> None:
        listed = [{"Key": key, "Value": value} for key, value in attributes.items()]
        self.client().modify_target_group_attributes(TargetGroupArn=arn, Attributes=listed)
