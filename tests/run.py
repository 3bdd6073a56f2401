"""Everything that CI runs, in one order, with one summary: `python tests/run.py [lint] [unit] [integration]
[collection] [molecule]`.

Each step is a command that anybody can run by hand; its output is shown when it fails, or always with VERBOSE=1.
Without a Docker engine the steps and tests that need one are skipped, and said.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SERVER_PYTHON = str(ROOT / "server/.venv/bin/python")
# A machine's own settings that would reach the loopback TLS or slow every child; the project's own are given by name.
UNWANTED = ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "PYTHONDONTWRITEBYTECODE", "SANDBOX_HOME", "AWS_PROFILE")


@dataclass(frozen=True)
class Step:
    """One command of a group.

    docker: it needs a Docker engine; aside: the next steps begin while it runs; alone: nothing else runs meanwhile.
    """

    group: str
    name: str
    command: list[str]
    docker: bool = False
    cwd: str = "."
    env: dict[str, str] = field(default_factory=dict)
    aside: bool = False
    alone: bool = False


@dataclass(frozen=True)
class Result:
    """How a step ended."""

    step: Step
    outcome: str  # passed | failed | skipped
    seconds: float
    note: str = ""
    skipped: tuple[str, ...] = ()  # tests that were skipped, with their reasons


def steps() -> Iterator[Step]:
    """The steps, cheap ones first."""
    yield Step("lint", "ruff check", ["ruff", "check", "."])
    yield Step("lint", "ruff format", ["ruff", "format", "--check", "."])
    yield Step(
        "lint",
        "mypy",
        ["mypy", "sandbox", "plugins", "playbooks/action_plugins", "playbooks/callback_plugins", "tools", "bench"],
    )
    imports = {"PYTHONPATH": str(ROOT / "collections")}
    yield Step("lint", "import-linter", ["lint-imports", "--no-cache"], env=imports)
    sandbox = {"PYTHONPATH": str(ROOT)}
    yield Step("lint", "sandbox: import-linter", ["lint-imports", "--no-cache", "sandbox/pyproject.toml"], env=sandbox)
    yield Step("lint", "yamllint", ["yamllint", "--strict", "."])
    yield Step("lint", "README tables", [sys.executable, "tools/role_readmes.py", "--check"])
    yield Step("lint", "README content", [sys.executable, "tools/readme_content.py", "--check"])
    yield Step("lint", "drawing of the packages", [sys.executable, "tools/draw_architecture.py", "--check"])
    yield Step("lint", "spelling", ["codespell"])
    yield Step("lint", "words", [sys.executable, "tools/check_words.py"])
    yield Step("lint", "role inputs", [sys.executable, "-m", "pytest", "-q", "-n0", "tests/tools/test_role_inputs.py"])
    for name, arguments in (("ruff check", ["check"]), ("ruff format", ["format", "--check"])):
        yield Step("lint", f"server: {name}", [SERVER_PYTHON, "-m", "ruff", *arguments, "."], cwd="server")
    yield Step("lint", "server: mypy", [SERVER_PYTHON, "-m", "mypy"], cwd="server")
    yield Step("lint", "server: table of tools", [SERVER_PYTHON, "tools/tool_table.py", "--check"], cwd="server")
    imports = {"PYTHONPATH": str(ROOT / "server/src")}
    yield Step("lint", "server: import-linter", ["lint-imports", "--no-cache"], cwd="server", env=imports)
    yield Step("lint", "proxy: mypy", [SERVER_PYTHON, "-m", "mypy"], cwd="server/proxy")
    # A process each: the sandbox corrects moto for all of its process, and the unit tests use moto as it is.
    pytest = [sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "loadfile"]
    yield Step("unit", "pytest: units", [*pytest, "tests/unit", "tests/kinds", "tests/tools"])
    yield Step("integration", "pytest: sandbox", [*pytest, "sandbox/tests"])
    yield Step("integration", "pytest: modules on the sandbox", [*pytest, "tests/integration/modules"])
    # Minutes each, some of them: test by test, a free worker takes the next. The longest ones are molecule/killed.
    killed = "tests/integration/playbooks/test_killed_at_every_write.py"
    stolen = [*pytest, "--dist", "worksteal", "--ignore", killed, "tests/integration/playbooks"]
    yield Step("integration", "pytest: playbooks on the sandbox", stolen)
    yield Step("molecule", "molecule killed", ["molecule", "test", "-s", "killed"])
    # One process: the steps behind it take the other processor.
    yield Step("integration", "server: pytest", [SERVER_PYTHON, "-m", "pytest", "-q"], cwd="server", aside=True)
    yield Step("integration", "proxy: pytest", [SERVER_PYTHON, "-m", "pytest", "-q"], cwd="server/proxy")
    yield Step("collection", "ansible-lint", ["ansible-lint"])
    yield Step("collection", "antsibull-changelog lint", ["antsibull-changelog", "lint"])
    yield Step("collection", "antsibull-docs lint", ["tests/ansible-test", "docs"])
    yield Step("collection", "ansible-test sanity", ["tests/ansible-test", "sanity"])
    yield Step("collection", "ansible-test units", ["tests/ansible-test", "units"])
    # Health checks, and those who ask, wait only so long: nothing else takes the processors from what serves them.
    site, faults = (["molecule", "test", "-s", name] for name in ("site", "faults"))
    yield Step("molecule", "molecule site (processes)", site, env={"SANDBOX_ENGINE": "process"}, alone=True)
    yield Step("molecule", "molecule site (containers)", site, docker=True, alone=True)
    yield Step("molecule", "molecule faults", faults, alone=True)
    # It counts requests that fail under load. Containers where there is an engine, else processes.
    load = [sys.executable, "-m", "pytest", "-q", "-n", "0", "tests/load"]
    yield Step("molecule", "deployments under load", load, alone=True)


def has_docker() -> bool:
    """Whether an engine answers."""
    if not shutil.which("docker"):
        return False
    return subprocess.run(["docker", "info"], capture_output=True, check=False).returncode == 0


def environment(step: Step) -> dict[str, str]:
    """The caller's environment without what disturbs, with the project's tools first on PATH."""
    kept = {name: value for name, value in os.environ.items() if name not in UNWANTED}
    path = f"{Path(sys.executable).parent}{os.pathsep}{kept.get('PATH', '')}"
    return kept | {"PATH": path, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")} | step.env


def note_of(output: str) -> str:
    """The line in which a test runner sums itself up."""
    found = re.findall(r"^=*\s*(\d+ (?:passed|failed|skipped|error).*?) in [\d.]+s", output, re.MULTILINE)
    return found[-1] if found else ""


def run(step: Step, docker: bool) -> Result:
    """Run one step and show what it printed when it fails."""
    if step.docker and not docker:
        return Result(step, "skipped", 0.0, "no Docker engine")
    print(f"--- {step.name}", flush=True)
    begin = time.monotonic()
    done = subprocess.run(
        step.command, cwd=ROOT / step.cwd, env=environment(step), stdin=subprocess.DEVNULL, text=True, errors="replace",
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
    )  # fmt: skip
    seconds = time.monotonic() - begin
    if done.returncode or os.environ.get("VERBOSE"):
        print(done.stdout, flush=True)
    outcome = "failed" if done.returncode else "passed"
    skipped = tuple(re.findall(r"^SKIPPED (.*)$", done.stdout, re.MULTILINE))
    return Result(step, outcome, seconds, note_of(done.stdout), skipped)


def run_all(chosen: Sequence[Step], docker: bool) -> list[Result]:
    """Run the steps in their order, those aside together with the next ones."""
    with ThreadPoolExecutor(max_workers=max(len(chosen), 1)) as pool:
        runs: list[Future[Result]] = []
        for step in chosen:
            if step.alone:
                wait(runs)
            runs.append(pool.submit(run, step, docker))
            if not step.aside:
                wait(runs[-1:])
        return [done.result() for done in runs]


def main() -> int:
    """Run the chosen groups, all of them without a choice; return 1 if a step failed."""
    chosen = sys.argv[1:]
    unknown = set(chosen) - {step.group for step in steps()}
    if unknown:
        print(f"There is no group {', '.join(sorted(unknown))}.", file=sys.stderr)
        return 2
    docker = has_docker()
    results = run_all([step for step in steps() if not chosen or step.group in chosen], docker)
    print()
    for result in results:
        note = f"  ({result.note})" if result.note else ""
        print(f"{result.outcome:8} {result.seconds:6.1f} s  {result.step.name}{note}")
    for result in results:
        for reason in result.skipped:
            print(f"skipped in {result.step.name}: {reason}")
    if not docker:
        print("\nNo Docker engine answers, so the container scenarios were skipped (.ci/install-docker installs one).")
    count = {
        outcome: sum(result.outcome == outcome for result in results) for outcome in ("passed", "failed", "skipped")
    }
    print()
    print(f"{count['passed']} passed, {count['failed']} failed, {count['skipped']} skipped")
    return 1 if count["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
