"""What a deployment costs, row by row, with the goals. Run by `make bench`.

python -m bench [--rounds N] [--only NAME,NAME] [--profile] [--ci-minutes N] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
from collections import defaultdict
from fnmatch import fnmatch
from importlib.metadata import version
from pathlib import Path

from bench.speed import placement, profile, table, terraform
from bench.speed.calls import without_polls
from bench.speed.collection import ROOT
from bench.speed.playbooks import Run
from bench.speed.rows import ROWS, Figures, Sample
from bench.speed.scenarios import Contenders, contenders, every, left_out, say

HOW = """\
CPU seconds are user and system time with all children; medians, contenders alternating. The deployment: sales-prod,
an image in ECR (image_source build, found by its tag), every input of a role at its default, no ansible.cfg, tasks
that are healthy at once. The wait for the service is taken out by CPU time, as waiting takes none, and by Terraform's
wait_for_steady_state = false; the row in wall time has the wait of both.
"""
PLACEMENTS = ("placement", "before-placement")


def main() -> None:
    """Measure and print the tables."""
    options = arguments()
    print(machine())
    print(HOW)
    samples: dict[str, list[Sample]] = defaultdict(list)
    with contenders() as who:
        runs = measure(who, options, samples)
        made = who.made
    figures = Figures(dict(samples))
    texts = [table.of_goals(figures, options.ci_minutes), table.of_samples(figures), table.of_placement(figures)]
    if "current" in made and "Terraform" in made:
        texts.append(table.of_resources(made["current"], made["Terraform"]))
    if options.profile:
        missed = dict.fromkeys(row.scenario for row in ROWS if row.met(figures) is False)
        texts += [profile.of_run(scenario, runs[scenario]) for scenario in missed if scenario in runs]
    print("\n" + "\n\n".join(text for text in texts if text))
    if options.json:
        options.json.write_text(json.dumps(samples, indent=1))


def arguments() -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__.splitlines()[0] if __doc__ else "")
    rounds = int(os.environ.get("BENCH_ROUNDS") or 5)
    parser.add_argument("--rounds", type=int, default=rounds, help="measurements of each, BENCH_ROUNDS or 5")
    parser.add_argument(
        "--only", default="*", help="names or patterns of what is measured, as the second table has them"
    )
    parser.add_argument("--profile", action="store_true", help="for each missed goal print what bounds the run")
    ci_minutes = os.environ.get("BENCH_CI_MINUTES", "")
    parser.add_argument(
        "--ci-minutes", default=ci_minutes, help="what .ci/run took on this machine; it is not run here"
    )
    parser.add_argument("--json", type=Path, help="a file for all measurements")
    return parser.parse_args()


def measure(who: Contenders, options: argparse.Namespace, samples: dict[str, list[Sample]]) -> dict[str, Run]:
    """Measure what was asked for, contenders alternating; returns the last run of each."""
    patterns = options.only.split(",")
    missing = left_out(who)
    for prefix, reason in missing.items():
        print(f"{prefix}*: left out, {reason}")

    def wanted(name: str) -> bool:
        return any(fnmatch(name, one) for one in patterns) and not name.startswith(tuple(missing))

    scenarios = every(who)
    names = [*PLACEMENTS, *(scenario.name for scenario in scenarios)]
    if unknown := [one for one in patterns if not any(fnmatch(name, one) for name in names)]:
        raise SystemExit(f"Nothing is named {', '.join(unknown)}; there are {', '.join(names)}.")
    chosen = [scenario for scenario in scenarios if wanted(scenario.name)]
    for scenario in chosen:
        scenario.account()
    runs: dict[str, Run] = {}
    for number in range(options.rounds):
        for scenario in chosen:
            if number and scenario.once:
                continue
            run = runs[scenario.name] = scenario.measure()
            samples[scenario.name].append(sample(run))
            say(
                f"{number + 1}/{options.rounds} {scenario.name}: {run.usage.cpu:.2f} s CPU, {run.usage.wall:.2f} s wall"
            )
    for name, clone in zip(PLACEMENTS, (ROOT, who.before), strict=True):
        if wanted(name) and clone:
            say(f"{name}: the decision of the listener rule")
            samples[name].append(placement.run(clone))
    return runs


def sample(run: Run) -> Sample:
    """What is kept of a run."""
    return {
        "cpu": run.usage.cpu,
        "wall": run.usage.wall,
        "calls": len(run.calls),
        "asked": without_polls(call.name for call in run.calls),
        "writes": sum(call.write for call in run.calls),
        "tasks": len(run.tasks),
    }


def machine() -> str:
    """On what this runs."""
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    return (
        f"{os.cpu_count()} cores, load {load}; Python {platform.python_version()}, ansible-core"
        f" {version('ansible-core')}, {terraform.version()}"
    )


if __name__ == "__main__":
    main()
