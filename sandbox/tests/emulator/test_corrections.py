"""A correction is there by being a file in its folder; each names its source and has a test of its name."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.emulator import corrections, facts

TESTS = Path(__file__).parent
DROPPED_IN = '''"""A fact that a test dropped in
(moto does otherwise).

Source: https://docs.aws.amazon.com/a/page.html
"""

installed = []


def install() -> None:
    installed.append(True)
'''


@pytest.mark.parametrize("fact", corrections.corrected_facts(), ids=lambda fact: str(fact.name))
def test_a_fact_has_a_source_and_a_test(fact: corrections.Correction) -> None:
    assert fact.source.startswith("https://docs.aws.amazon.com/"), fact.name
    assert "moto" in fact.text, "it says what moto does instead"
    assert (TESTS / "facts" / f"test_{fact.name}.py").is_file()


@pytest.mark.parametrize("service", corrections.replaced_services(), ids=lambda service: str(service.name))
def test_a_service_has_a_source_and_tests(service: corrections.Correction) -> None:
    assert service.source.startswith("https://docs.aws.amazon.com/"), service.name
    assert list((TESTS / "services" / service.name).glob("test_*.py"))


def test_a_test_is_of_a_fact_that_is_there() -> None:
    named = {path.stem.removeprefix("test_") for path in (TESTS / "facts").glob("test_*.py")}
    assert named == {fact.name for fact in corrections.corrected_facts()}


def test_the_test_of_each_fact_fails_without_it() -> None:
    command = [sys.executable, "-m", "pytest", "-n0", "-q", "--tb=no", "-p", "sandbox.tests.emulator.without_facts"]
    done = subprocess.run(
        [*command, str(TESTS / "facts")], cwd=TESTS.parents[2], capture_output=True, text=True, check=False
    )
    failing = set(re.findall(r"^(?:FAILED|ERROR) \S*/test_(\w+)\.py::", done.stdout, re.MULTILINE))
    assert failing == {fact.name for fact in corrections.corrected_facts()}, done.stdout


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """One more folder of facts."""
    monkeypatch.setattr(facts, "__path__", [*facts.__path__, str(tmp_path)])
    yield tmp_path


def test_a_file_that_is_dropped_in_is_listed_and_installed(folder: Path) -> None:
    (folder / "zz_dropped_in.py").write_text(DROPPED_IN)
    found = corrections.corrected_facts()[-1]
    assert (found.name, found.text) == ("zz_dropped_in", "A fact that a test dropped in (moto does otherwise).")
    assert found.source == "https://docs.aws.amazon.com/a/page.html"
    corrections.install_all()
    assert found.install.__globals__["installed"] == [True]
