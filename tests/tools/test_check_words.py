"""The words that the project does not use are found in code, YAML and documents, as words and in identifiers."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def checker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("check_words", ROOT / "tools" / "check_words.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


OUT = (
    "what is ours", "# Our rule", "OURS = 1", "def is_ours():", "a neighbour", "many neighbors", "we take it",
    "it tells why", "was told", "steering", "a witness request", "the rooms", "alarms that ring", "misspelt", "spelt",
    "for ever", "least rights", "PROVE = 1", "made anew", "the alarm goes off", "afterwards", "it is handed over",
)  # fmt: skip


@pytest.mark.parametrize("line", OUT)
def test_a_word_that_is_out_is_found(checker: ModuleType, tmp_path: Path, line: str) -> None:
    path = tmp_path / "file.md"
    path.write_text(f"First.\n{line}\n")
    ((number, word, instead),) = checker.found(path)
    assert number == 2 and word in line and instead


@pytest.mark.parametrize(
    "line",
    [
        "two hours", "us-east-1", "U.S.", "yours", "colours", "kms:RetireGrant", "web", "intelligent", "OWNER", "KIND",
        "PROVEN_TAG", "quilt:proven", "approve", "a string", "during", "history", "forever", "copyright", "still",
        "copyrights", "broom", "initialize", "ECS_AVAILABILITY_ZONE_REBALANCING",
    ],
)  # fmt: skip
def test_what_only_contains_one_is_not(checker: ModuleType, tmp_path: Path, line: str) -> None:
    path = tmp_path / "file.py"
    path.write_text(line)
    assert list(checker.found(path)) == []


def test_every_file_of_the_project_but_the_texts_of_others_is_read(checker: ModuleType) -> None:
    names = checker.files()
    for name in ("README.md", "plugins/modules/ecs_service.py", "roles/alb_rule/tasks/main.yml", "server/README.md"):
        assert name in names
    assert not [name for name in names if name.endswith("/requirements.txt") or "LICENSE" in name]


def test_what_is_found_fails(checker: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "page.md"
    path.write_text("this is ours")
    assert checker.main([str(path)]) == 1
    assert f'{path}:1: "ours" is not used here; write the collection' in capsys.readouterr().out
    path.write_text("this belongs to the deployment")
    assert checker.main([str(path)]) == 0
