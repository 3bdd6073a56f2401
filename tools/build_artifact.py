"""Build the collection's artifact for Galaxy from the files that git tracks.

python tools/build_artifact.py [--output-path FOLDER]

galaxy.yml lists what is in it by patterns, and a stray file may fit one: a file that git does not track is never in the
artifact. `ansible-galaxy collection build` in the clone itself also reads the names of all files below it, environments
and caches included, and fails when one vanishes meanwhile.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def build(source: Path, folder: Path) -> Path:
    """Build the artifact of a clone, as its files are now, into a folder; returns the artifact."""
    with tempfile.TemporaryDirectory() as work:
        copy = Path(work) / "copy"
        for name in tracked(source):
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source / name, copy / name)
        command = [sys.executable, "-m", "ansible", "galaxy", "collection", "build", "--output-path", work, str(copy)]
        done = subprocess.run(command, cwd=work, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{' '.join(command)} failed: {done.stdout[-1000:]}{done.stderr[-1000:]}")
        folder.mkdir(parents=True, exist_ok=True)
        (artifact,) = Path(work).glob("*.tar.gz")
        return Path(shutil.move(artifact, folder / artifact.name))


def tracked(source: Path) -> list[str]:
    """The regular files that git tracks, without those that are deleted and not committed yet."""
    command = ["git", "ls-files", "-z"]
    listed = subprocess.run(command, cwd=source, capture_output=True, text=True, check=True).stdout.split("\0")
    paths = ((name, source / name) for name in listed if name)
    return [name for name, path in paths if path.is_file() and not path.is_symlink()]


def main() -> None:
    """Build this clone's artifact and print its path."""
    parser = argparse.ArgumentParser(description="Build the collection's artifact from the files that git tracks.")
    parser.add_argument("--output-path", type=Path, default=Path.cwd(), help="the folder of the artifact")
    print(build(ROOT, parser.parse_args().output_path))


if __name__ == "__main__":
    main()
