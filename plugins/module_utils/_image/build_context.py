# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection.
"""The content hash of a build context."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

ExcludePaths = Callable[[str, list[str]], Iterable[str]]


def ignore_patterns(text: str) -> list[str]:
    """Return the patterns of a .dockerignore file."""
    lines = (line.strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def content_tag(
    path: str, platform: str, build_args: Mapping[str, Any], exclude_paths: ExcludePaths
) -> tuple[str, list[str]]:
    """Return the tag and the files behind it.

    ``exclude_paths`` is Docker's own reading of .dockerignore. Raise FileNotFoundError without a Dockerfile or a
    .dockerignore: hashing a whole checkout would change the tag with every log file.
    """
    root = Path(path)
    patterns = ignore_patterns((root / ".dockerignore").read_text(encoding="utf-8"))
    (root / "Dockerfile").stat()
    found = {"Dockerfile", ".dockerignore", *exclude_paths(str(root), patterns)}
    files = sorted(name for name in found if (root / name).is_file())
    digest = hashlib.sha256(json.dumps([platform, dict(sorted(build_args.items()))]).encode())
    for name in files:
        content = hashlib.sha256((root / name).read_bytes()).hexdigest()
        digest.update(f"{name}\0{os.access(root / name, os.X_OK)}\0{content}\n".encode())
    return f"src-{digest.hexdigest()[:16]}", files
