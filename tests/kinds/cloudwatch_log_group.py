"""The log group of CloudWatch Logs."""

from __future__ import annotations

from tests.kinds import Conflict, Kind

KEY = "arn:aws:kms:us-east-1:850787717197:key"

KIND = Kind(
    module="cloudwatch_log_group",
    identity={"log_group_name": "/ecs/mcp-server-production"},
    full={"retention_in_days": 30},
    changes={"retention_in_days": 1096},
    clear={"retention_in_days": 0},
    unpredictable=frozenset({"creation_time"}),
    tag=lambda logs, log_group, tags: logs.tag_resource(resourceArn=log_group["log_group_arn"], tags=tags),
    replace={"log_group_class": "INFREQUENT_ACCESS"},
    conflict=Conflict(
        code="OperationAbortedException",
        runs=(
            {"retention_in_days": 7, "kms_key_id": f"{KEY}/1"},
            {"retention_in_days": 0, "kms_key_id": ""},
            {"kms_key_id": f"{KEY}/2"},
            {"state": "absent"},
        ),
    ),
)
