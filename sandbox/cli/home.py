"""The folder of one sandbox: its state file, its lock and its identity."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).resolve().parents[2]
# A clone has the folder that inventories/local reads; an installed sandbox has one where it is started.
DEFAULT_HOME = (_ROOT if (_ROOT / "sandbox/pyproject.toml").is_file() else Path.cwd()) / ".sandbox"


class ForeignFolder(Exception):
    """SANDBOX_HOME names a folder that holds something else."""


@dataclass(frozen=True)
class Home:
    """Paths below SANDBOX_HOME. Nothing is created before `create()`."""

    path: Path

    @classmethod
    def from_environment(cls) -> Home:
        """The folder that SANDBOX_HOME names, or .sandbox next to the package of a clone."""
        return cls(Path(os.environ.get("SANDBOX_HOME") or DEFAULT_HOME).absolute())

    @property
    def id(self) -> str:
        """Short and stable for the folder: the label of this sandbox's containers."""
        return hashlib.sha256(str(self.path).encode()).hexdigest()[:12]

    @property
    def state_file(self) -> Path:
        return self.path / "state.json"

    @property
    def log_file(self) -> Path:
        return self.path / "daemon.log"

    @property
    def is_a_sandboxs(self) -> bool:
        """Whether a sandbox made the folder; in any other nothing is ever removed."""
        return self._marker.exists()

    @property
    def _marker(self) -> Path:
        return self.path / ".quilt-sandbox"

    def create(self) -> None:
        """Make the folder. Raises ForeignFolder when it holds anything that no sandbox put there."""
        if self.path.is_dir() and any(self.path.iterdir()) and not self.is_a_sandboxs:
            raise ForeignFolder(f"{self.path} holds other files; let SANDBOX_HOME name an empty or a new folder")
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._marker.touch()

    def remove(self) -> None:
        """Remove the folder with all its content, if it is a sandbox's."""
        if self.is_a_sandboxs:
            shutil.rmtree(self.path, ignore_errors=True)

    def read_state(self) -> dict[str, Any] | None:
        """The state that a daemon wrote, or None when there is none or it is damaged."""
        try:
            state = json.loads(self.state_file.read_text())
        except (FileNotFoundError, NotADirectoryError, ValueError):
            return None
        return state if isinstance(state, dict) else None

    def write_state(self, state: dict[str, Any]) -> None:
        """Replace the state in one step: a reader never sees half of it."""
        draft = self.path / "state.json.new"
        draft.write_text(json.dumps(state, indent=2, sort_keys=True) + "\n")
        draft.replace(self.state_file)

    def daemon_lives(self) -> bool:
        """Whether a daemon holds this folder. A lock, not a pid: the kernel releases it when the daemon ends."""
        try:
            with self._lock_file.open("r") as handle:
                fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except BlockingIOError:
            return True
        return False

    def hold(self) -> int:
        """Hold the folder as its daemon: until this process has ended, or the file descriptor is closed.

        A descriptor and no file object, which Python would close a little before the process has ended: `down` waits
        for that end. Raises RuntimeError when another daemon holds the folder.
        """
        descriptor = os.open(self._lock_file, os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise RuntimeError(f"another daemon holds {self.path}, it starts or stops; try again") from None
        return descriptor

    @property
    def _lock_file(self) -> Path:
        return self.path / "daemon.lock"

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """One `up` or `down` at a time for this folder; waits for the other one to end."""
        # In the system's temporary folder and not in the sandbox's, which `down` removes while it holds the lock.
        path = Path(tempfile.gettempdir()) / f"quilt-sandbox-{os.getuid()}-{self.id}.lock"
        with path.open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            try:
                yield
            finally:
                path.unlink(missing_ok=True)
