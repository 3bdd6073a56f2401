"""Which tasks a run starts, and what each takes in CPU and wall time; written to the file BENCH_TASKS."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: bench_tasks
type: aggregate
short_description: Which tasks a run starts, and what each takes
description: For bench/speed. Counts includes, validations of arguments and skipped tasks too.
"""


class CallbackModule(CallbackBase):  # type: ignore[misc]
    """Notes the time at the start of each task."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "bench_tasks"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self._started: list[tuple[str, str, float, float]] = []

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:
        self._note(task.get_name(), task.action)

    def v2_playbook_on_stats(self, stats: Any) -> None:
        self._note("", "")
        Path(os.environ["BENCH_TASKS"]).write_text(json.dumps(self._started))

    def _note(self, name: str, action: str) -> None:
        # With the workers that the run has waited for.
        taken = sum(os.times()[:4])
        self._started.append((name, action, taken, time.monotonic()))
