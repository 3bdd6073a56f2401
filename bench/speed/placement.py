"""The decision of the listener rule, by bench/listener_rule.py of this clone or an earlier one."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from bench.speed import measure

FEW, MANY, MOST = "100", "1000", "5000"


def run(clone: Path) -> dict[str, float]:
    """Milliseconds of each decision, best of nine: `<question>/<number of rules>`."""
    command = [sys.executable, "-m", "bench.listener_rule", "--no-calls"]
    done = subprocess.run(command, cwd=clone, env=measure.environment(), capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed in {clone}: {done.stderr[-1000:]}")
    return read(done.stdout)


def read(printed: str) -> dict[str, float]:
    """The figures of the table that bench/listener_rule.py prints (pure)."""
    head, *lines = printed.splitlines()
    sizes = re.findall(r"(\d+) rules", head)
    found: dict[str, float] = {}
    for line in lines:
        question, *cells = re.split(r"\s{2,}", line.strip())
        found |= {f"{question}/{size}": float(cell) for size, cell in zip(sizes, cells, strict=True)}
    return found


def ratios(figures: dict[str, float], cheapest: float) -> tuple[list[float], list[float]]:
    """Each question at 100 rules by `cheapest`; each at 5,000 rules by itself at 1,000 (pure)."""
    questions = dict.fromkeys(key.rpartition("/")[0] for key in figures)
    return (
        [figures[f"{question}/{FEW}"] / cheapest for question in questions],
        [figures[f"{question}/{MOST}"] / figures[f"{question}/{MANY}"] for question in questions],
    )


def cheapest(figures: dict[str, float]) -> float:
    """The least of the questions at 100 rules (pure)."""
    return min(taken for key, taken in figures.items() if key.endswith(f"/{FEW}"))
