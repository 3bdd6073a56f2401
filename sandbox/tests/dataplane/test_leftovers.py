"""Only what the sandbox itself left is ended."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

from sandbox.dataplane import leftovers


def test_only_the_sandboxs_own_registry_is_killed(tmp_path: Path) -> None:
    process = subprocess.Popen(["sleep", "60"])
    leftovers.kill_registry(process.pid, tmp_path)
    time.sleep(0.05)
    assert process.poll() is None
    process.kill()
    process.wait()
    leftovers.kill_registry("no number", tmp_path)
