"""The tables that are printed (pure)."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Sequence

from bench.speed.rows import BEFORE, ROWS, Figures

NOT_MEASURED = "-"
MET = {True: "yes", False: "NO", None: NOT_MEASURED}


def align(lines: Sequence[Sequence[str]]) -> str:
    """Lines of cells in columns; the first column to the left, the others to the right."""
    widths = [max(len(cell) for cell in column) for column in zip(*lines, strict=True)]
    texts = [
        "  ".join(
            [line[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True))]
        )
        for line in lines
    ]
    return "\n".join(text.rstrip() for text in texts)


def of_goals(figures: Figures, ci_minutes: str) -> str:
    """Each row with its goal, what was measured, whether the goal is met, and the same of the earlier commit."""
    lines = [["", "goal", "measured", "met", "8c6dfb0"]]
    for row in ROWS:
        cells = [_cell(row.measured(figures, who)) for who in ("", BEFORE)]
        lines.append([row.title, f"{row.goal:g}", cells[0], MET[row.met(figures)], cells[1]])
    met = MET[float(ci_minutes) <= 40] if ci_minutes else NOT_MEASURED
    lines.append([".ci/run on one machine, minutes (not run here)", "40", ci_minutes or NOT_MEASURED, met, "84"])
    return align(lines)


def of_samples(figures: Figures) -> str:
    """The medians of every scenario, and the least and the greatest CPU time."""
    lines = [["", "CPU s", "of", "wall s", "AWS calls", "writes", "tasks"]]
    for scenario, samples in figures.samples.items():
        if "cpu" not in samples[0]:
            continue
        cpu = [sample["cpu"] for sample in samples]
        counts = [f"{figures.of(scenario, metric):g}" for metric in ("calls", "writes", "tasks")]
        spread = f"{min(cpu):.2f} to {max(cpu):.2f}" if len(cpu) > 1 else "one run"
        lines.append(
            [scenario, f"{statistics.median(cpu):.2f}", spread, f"{figures.of(scenario, 'wall'):.2f}", *counts]
        )
    return align(lines)


def of_resources(own: Counter[str], terraform: Counter[str]) -> str:
    """How many resources of each type either made."""
    kinds = sorted(own.keys() | terraform.keys())
    verdict = "equal" if own == terraform else "NOT EQUAL"
    lines = [[f"resources ({verdict})", "deploy.yml", "Terraform"]]
    return align(lines + [[kind, str(own[kind]), str(terraform[kind])] for kind in kinds])


def of_placement(figures: Figures) -> str:
    """Milliseconds of each decision."""
    lines = [["placement, ms, best of nine", "this", "8c6dfb0"]]
    own, before = (figures.samples.get(f"{who}placement", [{}])[0] for who in ("", BEFORE))
    for key in own or before:
        question, _, size = key.rpartition("/")
        cells = [f"{one[key]:.1f}" if key in one else NOT_MEASURED for one in (own, before)]
        lines.append([f"{question}, {size} rules", *cells])
    return align(lines) if len(lines) > 1 else ""


def _cell(values: list[float] | None) -> str:
    if values is None:
        return NOT_MEASURED
    return ", ".join(f"{value:.0f}" if value >= 20 else f"{value:.2f}" for value in values)
