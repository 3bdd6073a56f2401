"""What AWS answers, as sentences."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from quilt_mcp_server.aws.errors import explain


def said(code: str, headers: dict[str, str] | None = None) -> str:
    answer: Any = {"Error": {"Code": code, "Message": "m"}, "ResponseMetadata": {"HTTPHeaders": headers or {}}}
    return str(explain("reading s3://b/k", ClientError(answer, "GetObject")))


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        # GetObject and HeadObject of a version, and of an object without one.
        ("MethodNotAllowed", "This version is a deletion"),
        ("405", "This version is a deletion"),
        ("NoSuchKey", "its latest version is a deletion"),
        ("404", "its latest version is a deletion"),
    ],
)
def test_a_delete_marker_is_named(code: str, sentence: str) -> None:
    assert sentence in said(code, {"x-amz-delete-marker": "true"})
    for headers in ({}, {"x-amz-delete-marker": "false"}):
        assert "deletion" not in said(code, headers)


def test_another_error_of_a_deletion_stays_what_it_is() -> None:
    assert "may not do this" in said("AccessDenied", {"x-amz-delete-marker": "true"})
