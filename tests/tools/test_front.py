"""The front of the repository: the pages, their links and sections, the license, the numbers of change fragments."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
SECTIONS = [
    "Requirements",
    "Included content",
    "Tested versions",
    "Testing",
    "Contributing",
    "Release notes",
    "License",
]
PAGES = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
RECIPES = ["An input of a role", "A tool of the server", "A resource", "A correction of the sandbox"]


def version(requirements: str, package: str) -> str:
    """The locked version of a package."""
    (found,) = re.findall(rf"^{package}==(\S+)", (ROOT / requirements).read_text(), re.MULTILINE)
    return str(found)


def test_the_readme_has_the_sections_of_every_collection() -> None:
    found = re.findall(r"^## (.*)$", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert found[-len(SECTIONS) :] == SECTIONS


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_to_a_file(page: str) -> None:
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", (ROOT / page).read_text())
    files = [link for link in links if not re.match(r"[a-z]+:", link)]
    assert [link for link in files if not ((ROOT / page).parent / link).exists()] == []


def test_the_tested_versions_are_the_locked_ones() -> None:
    said = (ROOT / "README.md").read_text().partition("## Tested versions")[2].partition("## ")[0]
    locked = [
        version("requirements.txt", "ansible"),
        version("requirements.txt", "ansible-core"),
        version("tests/ansible-core/oldest.txt", "ansible-core"),
    ]
    assert [one for one in locked if one not in said] == []


def test_the_license_is_the_one_that_every_header_names() -> None:
    assert (ROOT / "LICENSE").read_bytes() == (ROOT / "LICENSES" / "GPL-3.0-or-later.txt").read_bytes()


def test_every_change_fragment_has_a_number_in_front() -> None:
    names = [path.name for path in (ROOT / "changelogs" / "fragments").iterdir()]
    assert [name for name in names if not re.fullmatch(r"\d{4}-[a-z0-9-]+\.yml", name)] == []


@pytest.mark.parametrize("product", ["server", "server/proxy", "sandbox"])
def test_the_changes_of_each_product_stand_in_its_own_changelog(product: str) -> None:
    coming = (ROOT / product / "CHANGELOG.md").read_text().partition("## [Unreleased]\n")[2].partition("\n## ")[0]
    sections = re.findall(r"^### (\w+)\n\n- ", coming, re.MULTILINE)
    assert sections and set(sections) <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_no_change_fragment_of_the_collection_is_about_another_product() -> None:
    fragments = (yaml.safe_load(path.read_text()) for path in (ROOT / "changelogs" / "fragments").iterdir())
    lines = [line for fragment in fragments for lines in fragment.values() if isinstance(lines, list) for line in lines]
    assert lines
    assert [
        line for line in lines if re.match(r"(the )?(mcp server|server|(quilt-mcp-)?proxy|sandbox) - ", line, re.I)
    ] == []


def test_the_hook_before_a_commit_runs_the_lint_group() -> None:
    (repository,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    assert [hook["entry"] for hook in repository["hooks"]] == ["make lint"]


def test_contributing_has_a_recipe_for_each_addition() -> None:
    found = re.findall(r"^### (.*)$", (ROOT / "CONTRIBUTING.md").read_text(), re.MULTILINE)
    assert found == RECIPES
