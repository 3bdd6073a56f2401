"""The folder of one sandbox: its state file, its lock and its identity."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DEFAULT_HOME = Path(__file__).resolve().parent.parent / ".sandbox"


@dataclass(frozen=True)
class Home:
    """Paths below SANDBOX_HOME. Nothing is created before `create()`."""

    path: Path

    @classmethod
    def from_environment(cls) -> Home:
        """The folder that SANDBOX_HOME names, or .sandbox beside this package."""
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

    def create(self) -> None:
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)

    def read_state(self) -> dict[str, Any] | None:
        """The state that a daemon wrote, or None when there is none or it is damaged."""
        try:
            state = json.loads(self.state_file.read_text())
        except (FileNotFoundError, ValueError):
            return None
        return state if isinstance(state, dict) else None

    def write_state(self, state: dict[str, Any]) -> None:
        """Replace the state in one step, readable by its owner only: it tells where the tokens' key is."""
        draft = self.path / "state.json.new"
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(state, indent=2, sort_keys=True) + "\n")
        draft.replace(self.state_file)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the folder against a second `up` or `down`; waits for the other one to end."""
        self.create()
        # Beside the folder and not in it: `down` removes the folder while it holds the lock.
        path = self.path.with_name(f".{self.path.name.lstrip('.')}.lock")
        with path.open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            try:
                yield
            finally:
                path.unlink(missing_ok=True)
