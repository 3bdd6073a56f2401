"""Java's patterns, as AWS's models write them, mean the same in Python."""

from __future__ import annotations

import pytest
from moto.core.utils import get_service_model

from sandbox.emulator import java_pattern

TAG = r"^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$"
ANY = r"[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\r\n\t]*"


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        (TAG, "a_.:/=+-@ 9", True),
        (TAG, "Größe 名 \u00a0", True),
        (TAG, "R&D", False),
        (TAG, "a\tb", False),
        (TAG, "a\nb", False),
        (r"\p{Print}+", "a b~", True),
        (r"\p{Print}+", "ä", False),
        (r"[\w+=,.@-]+", "a_b-c", True),
        (r"[\w+=,.@-]+", "ä", False),
        (r"[\w-_]*", "a-b", True),
        (ANY, "a \U0001f600\n", True),
        (ANY, "\x00", False),
        (r"\d{12}", "\u0661" * 12, False),
    ],
)
def test_a_pattern_matches(pattern: str, text: str, matches: bool) -> None:
    compiled = java_pattern.compiled(pattern)
    assert compiled is not None
    assert bool(compiled.fullmatch(text)) is matches


@pytest.mark.parametrize(
    "service",
    ["application-autoscaling", "cloudwatch", "ecr", "ecs", "elbv2", "iam", "logs", "secretsmanager", "ssm", "sts"],
)
def test_each_pattern_of_a_service_is_read(service: str) -> None:
    model = get_service_model(service)
    patterns = {model.shape_for(name).metadata.get("pattern") for name in model.shape_names} - {None}
    assert [pattern for pattern in patterns if java_pattern.compiled(pattern) is None] == []
