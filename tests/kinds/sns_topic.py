"""The topic of SNS."""

from __future__ import annotations

from tests.kinds import Conflict, Kind

KIND = Kind(
    module="sns_topic",
    identity={"name": "sales-prod-mcp-server-production-alarms"},
    full={"attributes": {"DisplayName": "Alarms"}},
    changes={"attributes": {"DisplayName": "Other"}},
    unpredictable=frozenset(),
    tag=lambda sns, topic, tags: sns.tag_resource(
        ResourceArn=topic["topic_arn"], Tags=[{"Key": key, "Value": value} for key, value in tags.items()]
    ),
    replace=None,
    conflict=Conflict(
        code="ConcurrentAccess",
        runs=(
            {"attributes": {"DisplayName": "Alarms"}},
            {"attributes": {"DisplayName": "Other"}, "tags": {"team": "x"}},
            {"tags": {}, "purge_tags": True},
            {"state": "absent"},
        ),
        unaware=frozenset({"SetTopicAttributes"}),
    ),
    no_parameters=frozenset({"data_protection_policy"}),
)
