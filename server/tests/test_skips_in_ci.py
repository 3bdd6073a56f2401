"""What is skipped on a person's machine fails in CI."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SKIPPED = """
import pytest

@pytest.fixture
def suite():
    pytest.skip("it cannot be installed")

def test_with_it(suite): ...

@pytest.mark.skipif(True, reason="no browser")
def test_in_a_browser(): ...

@pytest.mark.xfail
def test_known():
    raise ValueError
"""


@pytest.mark.parametrize(("ci", "outcome"), [("", "2 skipped, 1 xfailed"), ("true", "1 xfailed, 2 errors")])
def test_a_skipped_test_fails_in_ci(tmp_path: Path, ci: str, outcome: str) -> None:
    (tmp_path / "test_it.py").write_text(SKIPPED)
    environment = {**os.environ, "CI": ci, "PYTHONPATH": str(Path(__file__).parent)}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "skips_in_ci", str(tmp_path)]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert outcome in done.stdout
