"""The rows of the table: what each compares, and its goal (pure)."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass

from bench.speed import placement

BEFORE = "before-"
Sample = dict[str, float]
"""One measurement of a scenario: cpu, wall, calls, asked (calls without a waiter's polls), tasks; or a placement's."""


@dataclass(frozen=True)
class Figures:
    """What was measured, by scenario. Raises KeyError for what was not."""

    samples: dict[str, list[Sample]]

    def of(self, scenario: str, metric: str) -> float:
        """The median."""
        return statistics.median(sample[metric] for sample in self.samples[scenario])

    def ratio(self, scenario: str, other: str, metric: str = "cpu") -> list[float]:
        """One median by another."""
        return [self.of(scenario, metric) / self.of(other, metric)]

    def placement(self, who: str) -> tuple[list[float], list[float]]:
        """The two ratios of placement, each for every question."""
        return placement.ratios(
            self.samples[f"{who}placement"][0], placement.cheapest(self.samples[f"{BEFORE}placement"][0])
        )


@dataclass(frozen=True)
class Row:
    """One row.

    values: the figures of a contender, "" for this clone and BEFORE for the earlier commit; each has to be at most the
    goal. Of `scenario` the profile is shown when a goal is missed.
    """

    title: str
    goal: float
    values: Callable[[Figures, str], list[float]]
    scenario: str = ""

    def measured(self, figures: Figures, who: str) -> list[float] | None:
        """The figures of a contender, or None where something was not measured."""
        try:
            return self.values(figures, who)
        except KeyError:
            return None

    def met(self, figures: Figures) -> bool | None:
        """Whether the goal is met, as the table shows the figures; None where it was not measured."""
        found = self.measured(figures, "")
        return None if found is None else all(round(one, 2) <= self.goal for one in found)


ROWS = (
    Row("nothing to change / empty play", 5.0, lambda f, who: f.ratio(f"{who}noop", "empty"), "noop"),
    Row(
        "nothing to change / Terraform's apply",
        0.20,
        lambda f, who: f.ratio(f"{who}noop", "terraform-noop"),
        "noop",
    ),
    Row(
        "the same, wall time, 60 ms added to each call",
        0.5,
        lambda f, who: f.ratio(f"{who}noop-60ms", "terraform-noop-60ms", "wall"),
        "noop-60ms",
    ),
    Row("--check --diff / Terraform's plan", 0.25, lambda f, who: f.ratio(f"{who}plan", "terraform-plan"), "plan"),
    Row(
        "first deploy.yml / Terraform's first apply, waits taken out",
        0.35,
        lambda f, who: f.ratio(f"{who}first", "terraform-first"),
        "first",
    ),
    Row(
        "first deploy.yml / Terraform's first apply, wall time, with the waits",
        1.0,
        lambda f, who: f.ratio(f"{who}first", "terraform-first-wait", "wall"),
        "first",
    ),
    Row("AWS calls, nothing to change", 45, lambda f, who: [f.of(f"{who}noop", "calls")], "noop"),
    Row("AWS calls, first, without a waiter's polls", 90, lambda f, who: [f.of(f"{who}first", "asked")], "first"),
    Row("tasks started, nothing to change", 32, lambda f, who: [f.of(f"{who}noop", "tasks")], "noop"),
    Row(
        "five hosts in one run / one host", 3.0, lambda f, who: f.ratio(f"{who}five-hosts", f"{who}noop"), "five-hosts"
    ),
    Row("placement, 100 rules / the cheapest of 8c6dfb0", 2.0, lambda f, who: f.placement(who)[0]),
    Row("placement, 5,000 rules / 1,000 rules", 6.0, lambda f, who: f.placement(who)[1]),
)
