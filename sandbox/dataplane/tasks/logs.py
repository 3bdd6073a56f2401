"""The awslogs driver: a container's lines become events of a CloudWatch Logs stream.

AWS facts restored here: the group must exist unless awslogs-create-group is "true"; the stream is
prefix/container/task-id; a line above 1 MiB is cut (AWS splits it at 256 KiB, on which no test relies).
"""

from __future__ import annotations

import threading
import time
from typing import Any

from moto.logs.models import logs_backends

from sandbox.dataplane.tasks.engine import CannotStart, Write
from sandbox.emulator.lock import api_lock

_LONGEST = 1 << 20
_PAUSE = 0.2


class AwsLogs:
    """One container's stream. Lines are kept for a moment and written together, in order."""

    def __init__(self, account: str, region: str, group: str, stream: str) -> None:
        self._where = (account, region)
        self._group, self._stream = group, stream
        self._lines: list[dict[str, Any]] = []
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"awslogs {stream}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def write(self, line: str) -> None:
        with self._lock:
            self._lines.append({"timestamp": int(time.time() * 1000), "message": line[:_LONGEST]})

    def close(self) -> None:
        """Write what is left."""
        self._closed.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._closed.wait(_PAUSE):
            self._flush()
        self._flush()

    def _flush(self) -> None:
        with self._lock:
            lines, self._lines = self._lines, []
        if not lines:
            return
        with api_lock:
            backend = logs_backends[self._where[0]][self._where[1]]
            group = backend.groups.get(self._group)
            # Deleted while the task runs: AWS drops the lines.
            if group is not None and self._stream in group.streams:
                group.streams[self._stream].put_log_events(lines)


def open_stream(container: dict[str, Any], task_id: str, account: str) -> AwsLogs | None:
    """The container's stream, or None without awslogs. Raises CannotStart when its group is not there."""
    configuration = container.get("logConfiguration", {})
    if configuration.get("logDriver") != "awslogs":
        return None
    options = configuration.get("options", {})
    prefix = "ResourceInitializationError: failed to validate logger args: "
    for required in ("awslogs-group", "awslogs-region", "awslogs-stream-prefix"):
        if not options.get(required):
            raise CannotStart(f"{prefix}unable to get awslogs driver arguments: {required} is required")
    group, region = options["awslogs-group"], options["awslogs-region"]
    stream = f"{options['awslogs-stream-prefix']}/{container['name']}/{task_id}"
    with api_lock:
        backend = logs_backends[account][region]
        if group not in backend.groups:
            if options.get("awslogs-create-group") != "true":
                raise CannotStart(
                    f"{prefix}create stream has been retried 1 times: failed to create Cloudwatch log stream: "
                    "ResourceNotFoundException: The specified log group does not exist. : exit status 1"
                )
            backend.create_log_group(group, {})
        backend.ensure_log_stream(group, stream)
    logs = AwsLogs(account, region, group, stream)
    logs.start()
    return logs


def writer(logs: AwsLogs | None) -> Write:
    """Where a container's lines go."""
    return logs.write if logs is not None else lambda line: None
