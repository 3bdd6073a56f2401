"""The tag changes when, and only when, the image would."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.quilt.mcp_server.plugins.module_utils._image.build_context import content_tag

exclude_paths = pytest.importorskip("docker.utils.build", reason="needs the docker library").exclude_paths


@pytest.fixture
def context(tmp_path: Path) -> Path:
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY app /app\n")
    (tmp_path / ".dockerignore").write_text("# only the app\n*\n!app\n")
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "main.py").write_text("print('hello')\n")
    (tmp_path / "notes.txt").write_text("not in the image\n")
    return tmp_path


def tag(context: Path, platform: str = "linux/amd64", **build_args: str) -> str:
    return content_tag(str(context), platform, build_args, exclude_paths)[0]


def test_only_what_the_build_sees_is_hashed(context: Path) -> None:
    assert content_tag(str(context), "linux/amd64", {}, exclude_paths)[1] == [
        ".dockerignore",
        "Dockerfile",
        "app/main.py",
    ]


def test_the_same_content_elsewhere_has_the_same_tag(context: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    before = tag(context)
    other = tmp_path_factory.mktemp("other") / "checkout"
    context.rename(other)
    assert tag(other) == before


def test_an_ignored_file_does_not_count(context: Path) -> None:
    before = tag(context)
    (context / "notes.txt").write_text("changed\n")
    (context / "log").write_text("new\n")
    assert tag(context) == before


def test_everything_else_does(context: Path) -> None:
    tags = [tag(context), tag(context, "linux/arm64"), tag(context, BASE="x")]
    (context / "app" / "main.py").write_text("print('changed')\n")
    tags.append(tag(context))
    (context / "app" / "main.py").chmod(0o755)
    tags.append(tag(context))
    (context / "app" / "more.py").write_text("")
    tags.append(tag(context))
    (context / "Dockerfile").write_text("FROM scratch\n")
    tags.append(tag(context))
    assert len(set(tags)) == len(tags)


@pytest.mark.parametrize("missing", ["Dockerfile", ".dockerignore"])
def test_a_folder_that_is_no_context_is_refused(context: Path, missing: str) -> None:
    (context / missing).unlink()
    with pytest.raises(FileNotFoundError, match=missing):
        tag(context)
