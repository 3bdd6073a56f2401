"""The access log: which rule and which target answered each request."""

from __future__ import annotations

import json
import logging
import threading
from collections import deque
from dataclasses import asdict, dataclass
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

_KEPT = 10_000
_FILE_BYTES = 10 * 1024 * 1024


@dataclass
class Entry:
    """One request. Times are seconds; `status` is what the client got, `target_status` what the target said."""

    time: str
    client: str
    method: str
    host: str
    path: str
    trace_id: str = ""
    rule_arn: str | None = None
    priority: str | None = None
    action: str | None = None
    target_group_arn: str | None = None
    target: str | None = None
    """Private ip:port."""
    target_status: int | None = None
    status: int = 0
    seconds: float = 0.0
    error: str | None = None
    """Why the load balancer itself answered, or what went wrong after the answer had begun."""


class AccessLog:
    """Thread-safe. The newest entries in memory, all of them as JSON lines in a file that is rotated once."""

    def __init__(self, file: Path) -> None:
        self._lock = threading.Lock()
        self._entries: deque[Entry] = deque(maxlen=_KEPT)
        self._file = RotatingFileHandler(file, maxBytes=_FILE_BYTES, backupCount=1, encoding="utf-8", delay=True)
        self._file.setFormatter(logging.Formatter("%(message)s"))

    def add(self, entry: Entry) -> None:
        line = json.dumps({name: value for name, value in asdict(entry).items() if value is not None})
        self._file.handle(logging.LogRecord("alb", logging.INFO, "", 0, line, None, None))
        with self._lock:
            self._entries.append(entry)

    def recent(self, n: int = 100) -> list[dict[str, Any]]:
        """The newest n entries, the oldest of them first."""
        with self._lock:
            entries = list(self._entries)
        return [asdict(entry) for entry in entries[-n:]] if n > 0 else []

    def close(self) -> None:
        self._file.close()
