"""What bounds a run: its tasks and its AWS calls (pure)."""

from __future__ import annotations

from collections import Counter, defaultdict

from bench.speed.playbooks import Run, Task
from bench.speed.table import align

MOST = 15


def of_run(scenario: str, run: Run) -> str:
    """Where the seconds of a run went, and which calls it made most."""
    named: dict[tuple[str, str], list[Task]] = defaultdict(list)
    for task in run.tasks:
        named[task.name.rpartition(" : ")[2], task.action.rpartition(".")[2]].append(task)
    lines = [_line(*one, tasks) for one, tasks in sorted(named.items(), key=lambda item: -_cpu(item[1]))]
    rest = [run.usage.cpu - _cpu(run.tasks), run.usage.wall - sum(task.wall for task in run.tasks)]
    parts = [
        [f"profile of {scenario}, its last run", "times", "CPU s", "wall s"],
        ["start of ansible and what comes before the first task", "", *(f"{one:.2f}" for one in rest)],
        *lines[:MOST],
        [f"the other {len(lines[MOST:])} tasks", "", *(_sum(lines[MOST:], column) for column in (2, 3))],
    ]
    calls = Counter(call.name for call in run.calls).most_common(MOST)
    asked = ", ".join(f"{count} x {name}" for name, count in calls)
    note = "A worker's CPU time counts where it was waited for, which may be a task later."
    return f"{align(parts)}\n{note}\n{len(run.calls)} AWS calls: {asked}"


def _cpu(tasks: list[Task]) -> float:
    return sum(task.cpu for task in tasks)


def _line(name: str, action: str, tasks: list[Task]) -> list[str]:
    wall = sum(task.wall for task in tasks)
    return [f"{name[:60]} ({action})", str(len(tasks)), f"{_cpu(tasks):.2f}", f"{wall:.2f}"]


def _sum(lines: list[list[str]], column: int) -> str:
    return f"{sum(float(line[column]) for line in lines):.2f}"
