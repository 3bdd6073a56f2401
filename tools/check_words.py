"""Refuse the words of tools/words.yml in every file of the project.

python tools/check_words.py [file ...]
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
WORDS = ROOT / "tools" / "words.yml"
# Texts of others, what is generated, and the two files that must name the words.
LEFT_OUT = re.compile(
    r"(^|/)(LICENSES?/|LICENSE$|requirements[\w-]*\.txt$|package-lock\.json$|oldest\.txt$)"
    r"|^tools/words\.yml$|^tests/replaced\.md$|^tests/tools/test_check_words\.py$"
)
# A word of an identifier counts too: own_rules, OwnRules and OWN_RULES, not "hours" or "OWNER".
START, END = r"(?<![A-Za-z])(?i:", r")(?![a-z])(?!(?<=[A-Z]{2})[A-Z])"


@cache
def patterns() -> dict[re.Pattern[str], str]:
    """Each word as an expression, with what is written instead."""
    words: dict[str, str] = yaml.safe_load(WORDS.read_text())
    return {re.compile(START + word + END): instead for word, instead in words.items()}


@cache
def any_pattern() -> re.Pattern[str]:
    """All words as one expression, which most lines do not match."""
    return re.compile("|".join(f"(?:{pattern.pattern})" for pattern in patterns()))


def files() -> list[str]:
    """The files of the project, by their paths from its root."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [name for name in listed.split("\0") if name and not LEFT_OUT.search(name) and (ROOT / name).is_file()]


def found(path: Path) -> Iterator[tuple[int, str, str]]:
    """Line number, word and what is written instead, of each word of a file that is out."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        return
    for number, line in enumerate(lines, 1):
        if not any_pattern().search(line):
            continue
        for pattern, instead in patterns().items():
            for match in pattern.finditer(line):
                yield number, match[0], instead


def main(names: Sequence[str]) -> int:
    """Print what is found; return 1 if there is something."""
    count = 0
    for name in names or files():
        for number, word, instead in found(ROOT / name):
            print(f'{name}:{number}: "{word}" is not used here; write {instead}')
            count += 1
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
