"""The locked requirements: each product has its two, what is installed together agrees, and `make lock` renews all."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UV = """#!/bin/sh
echo "$@" >> "$CALLS"
"""


def tracked(pattern: str) -> list[Path]:
    """The files that git tracks, by their paths from the root."""
    done = subprocess.run(["git", "ls-files", pattern], cwd=ROOT, capture_output=True, text=True, check=True)
    return [Path(name) for name in done.stdout.splitlines()]


PRODUCTS = [path.parent for path in tracked("*pyproject.toml")]
LOCKS = [path for path in tracked("*.txt") if "--hash=sha256:" in (ROOT / path).read_text()]


def pinned(lock: Path) -> dict[str, set[str]]:
    """Package to its versions; a lock for every platform may have several."""
    versions: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([\w.-]+)(?:\[[^\]]*\])?==([^\s;]+)", (ROOT / lock).read_text(), re.MULTILINE):
        versions.setdefault(name, set()).add(version)
    assert versions, f"{lock} pins nothing"
    return versions


def wanted(product: Path) -> set[str]:
    """The lines of a product's requirements.in."""
    lines = (ROOT / product / "requirements.in").read_text().splitlines()
    return {line.replace(" ", "") for line in lines if line and not line.startswith("#")}


@pytest.mark.parametrize("product", PRODUCTS, ids=str)
@pytest.mark.parametrize("name", ["requirements", "requirements-dev"])
def test_each_product_has_a_runtime_and_a_development_lock_next_to_its_pyproject(product: Path, name: str) -> None:
    assert product / f"{name}.txt" in LOCKS
    assert (ROOT / product / f"{name}.in").is_file()


@pytest.mark.parametrize("product", PRODUCTS, ids=str)
def test_what_a_product_runs_with_is_what_it_is_tested_with(product: Path) -> None:
    runtime, development = (pinned(product / f"{name}.txt") for name in ("requirements", "requirements-dev"))
    assert {name: versions for name, versions in runtime.items() if development.get(name) != versions} == {}


@pytest.mark.parametrize(("product", "environment"), [("server/proxy", "server"), ("sandbox", ".")])
def test_an_environment_has_what_the_tests_of_another_product_need(product: str, environment: str) -> None:
    """They run in it, so both are resolved together."""
    needed, there = (pinned(Path(folder) / "requirements-dev.txt") for folder in (product, environment))
    assert {name: versions for name, versions in needed.items() if there.get(name) != versions} == {}


@pytest.mark.parametrize("product", PRODUCTS, ids=str)
def test_a_distribution_needs_what_is_locked(product: Path) -> None:
    described = tomllib.loads((ROOT / product / "pyproject.toml").read_text())
    if "project" in described:
        assert {line.replace(" ", "") for line in described["project"]["dependencies"]} == wanted(product)


def test_make_lock_renews_every_lock_within_those_it_is_installed_with(tmp_path: Path) -> None:
    stand_in, calls = tmp_path / "uv", tmp_path / "calls"
    stand_in.write_text(UV)
    stand_in.chmod(0o755)
    env = os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}", "CALLS": str(calls)}
    subprocess.run(["make", "--silent", "lock", "UPGRADE=--upgrade"], cwd=ROOT, env=env, check=True)
    renewed: list[Path] = []
    for call in calls.read_text().splitlines():
        within = [Path(name) for name in re.findall(r" -c (\S+)", call)]
        (source, lock) = re.findall(r" (\S+\.in) -o (\S+)", call)[0]
        assert source == str(Path(lock).with_suffix(".in")) and "--generate-hashes" in call
        assert set(within) <= set(renewed), f"{lock} is resolved within what is not renewed yet"
        # What is resolved first takes newer versions, and the others follow it.
        assert ("--upgrade" in call) == (not within)
        renewed.append(Path(lock))
    assert sorted(renewed) == sorted(LOCKS)
