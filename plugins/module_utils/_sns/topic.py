# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""A topic of Amazon SNS: how it is read, compared and written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

from .._core.plan import Current, Plan
from .._core.resource import ModelResource
from .._core.shapes import Document, InvalidParameters
from .client import TopicClient

MANAGED = ("DisplayName", "KmsMasterKeyId", "SignatureVersion", "TracingConfig")


class Topic(ModelResource):
    kind = "topic"
    service = "sns"
    result_key = "topic"
    identifier = "name"
    request = "CreateTopic"
    fields = ("name", "attributes")
    computed = ("topic_arn",)

    @cached_property
    def calls(self) -> TopicClient:
        return TopicClient(self.client(), self.arn(self.name))

    def validate(self) -> None:
        unknown = sorted({*(self.params["attributes"] or {})} - {*MANAGED})
        if unknown:
            raise InvalidParameters(message=f"attributes: {', '.join(unknown)}: managed are {', '.join(MANAGED)}")

    def describe(self) -> Current | None:
        found = self.calls.find()
        if found is None:
            return None
        document: Document = {"name": self.name}
        if attributes := {name: found[name] for name in MANAGED if found.get(name)}:
            document["attributes"] = attributes
        return Current(document, {"topic_arn": self.calls.arn}, self.calls.tags())

    def predict(self, plan: Plan) -> Document:
        return {"topic_arn": self.calls.arn}

    def create(self, plan: Plan) -> None:
        self.calls.create(self.request_for(plan.wanted), plan.tags_after)

    def update(self, plan: Plan) -> None:
        before, after = plan.changes["attributes"]
        for name, value in after.items():
            if value != (before or {}).get(name):
                self.calls.set_attribute(name, value)

    def delete(self, current: Current) -> None:
        self.calls.delete()

    def tag(self, current: Current, tags: Mapping[str, str]) -> None:
        self.calls.tag(tags)

    def untag(self, current: Current, keys: Sequence[str]) -> None:
        self.calls.untag(keys)
