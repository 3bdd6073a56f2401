"""A log group takes its tags with it when it is deleted (moto 5.2.5 gives them to the next group of its name).

Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DeleteLogGroup.html
"""

from __future__ import annotations

from typing import Any

from moto.logs.models import LogsBackend

from sandbox.emulator.patch import wrap


def install() -> None:
    wrap(LogsBackend, "delete_log_group", _delete_log_group)


def _delete_log_group(original: Any, self: Any, log_group_name: str) -> None:
    group = self.groups.get(log_group_name)
    original(self, log_group_name)
    self.tagger.delete_all_tags_for_resource(group.arn)
