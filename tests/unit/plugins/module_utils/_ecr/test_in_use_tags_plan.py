"""Which tags keep an image from expiring, and that the last one is never removed."""

from __future__ import annotations

import pytest
from ansible_collections.quilt.mcp_server.plugins.module_utils._ecr.in_use_tags_plan import Tagged, plan_marks

OLD, NEW = "sha256:" + "a" * 64, "sha256:" + "b" * 64
OLD_MARK, NEW_MARK = "in-use-prod-" + "a" * 12, "in-use-prod-" + "b" * 12


@pytest.mark.parametrize(
    ("tagged", "digest", "alone", "add", "remove"),
    [
        pytest.param([(NEW, "v2")], NEW, False, [(NEW, NEW_MARK)], [], id="first"),
        pytest.param([(NEW, "v2"), (NEW, NEW_MARK)], NEW, True, [], [], id="nothing to do"),
        pytest.param(
            [(OLD, "v1"), (OLD, OLD_MARK), (NEW, "v2")],
            NEW,
            False,
            [(NEW, NEW_MARK)],
            [],
            id="both meanwhile",
        ),
        pytest.param(
            [(OLD, "v1"), (OLD, OLD_MARK), (NEW, "v2"), (NEW, NEW_MARK)],
            NEW,
            True,
            [],
            [(OLD, OLD_MARK)],
            id="one later",
        ),
        pytest.param([(OLD, "v1"), (OLD, OLD_MARK)], None, True, [], [(OLD, OLD_MARK)], id="none when it is gone"),
        pytest.param(
            [(OLD, OLD_MARK)],
            NEW,
            True,
            [(NEW, NEW_MARK), (OLD, "was-in-use-" + "a" * 12)],
            [(OLD, OLD_MARK)],
            id="the last tag is replaced",
        ),
        pytest.param(
            [(OLD, "v1"), (OLD, "in-use-prod-eu-" + "a" * 12), (OLD, "in-use-" + "a" * 12), (OLD, "in-use-prod-x")],
            None,
            True,
            [],
            [],
            id="another deployment's marks are not own",
        ),
        pytest.param([(OLD, "v1"), (OLD, OLD_MARK)], OLD, True, [], [], id="back to the one before"),
    ],
)
def test_marks(
    tagged: list[tuple[str, str]],
    digest: str | None,
    alone: bool,
    add: list[tuple[str, str]],
    remove: list[tuple[str, str]],
) -> None:
    before = {Tagged(*one) for one in tagged}
    marks = plan_marks(before, "prod", digest, alone)
    assert (list(marks.add), list(marks.remove)) == (add, remove)
    assert marks.changed == bool(add or remove)
    left = {one.digest for one in (before | set(marks.add)) - set(marks.remove)}
    assert {one.digest for one in before} <= left, "an image without a tag is deleted by ECR"


def test_a_name_with_a_dot_is_not_a_pattern() -> None:
    before = [Tagged(OLD, "v1"), Tagged(OLD, "in-use-pXd-" + "a" * 12)]
    assert plan_marks(before, "p.d", None, True).remove == ()
