"""import-linter as the tests of the contracts run it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path


def lint(source: Path, settings: Path) -> tuple[int, str]:
    """The exit code of import-linter, and what it said on one line, without the program's logo.

    source: the folder that is on the import path; settings: the file with the contracts.
    """
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache", str(settings)]
    environment = {**os.environ, "PYTHONPATH": str(source)}
    done = subprocess.run(command, cwd=source, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, re.sub(r"[\u2500-\u25ff]+", "", " ".join((done.stdout + done.stderr).split()))
