"""What holds for every tool."""

from typing import Any

import pytest
from conftest import Running

SECRET = "the secret of another"
SMUGGLED = [
    "quilt-secret",
    "s3://quilt-secret",
    "s3://quilt-secret/",
    "QUILT-SECRET",
    "quilt-example/../quilt-secret",
    "quilt-example/",
    "s3://quilt-example@quilt-secret",
    "s3://quilt-secret#quilt-example",
    "s3://quilt-secret?quilt-example",
    "quilt-secret%2f",
    "quilt%2dsecret",
    "s3://s3://quilt-secret",
    "arn:aws:s3:::quilt-secret",
    "arn:aws:s3:us-east-1:123456789012:accesspoint/quilt-example",
    "quilt-example\n",
    "quilt-example\x00",
    " quilt-secret",
    "quilt-secret.",
    "quilt-example-s3alias",
    "quilt‐secret",  # noqa: RUF001 - a hyphen that is not one
]


@pytest.fixture
def secret(s3: Any) -> None:
    s3.put_object(Bucket="quilt-secret", Key="k", Body=SECRET.encode())
    s3.put_object(Bucket="quilt-secret", Key=".quilt/named_packages/a/b/latest", Body=b"a" * 64)
    s3.put_object(Bucket="quilt-secret", Key=".quilt/packages/" + "a" * 64, Body=b'{"version":"v0"}\n')


@pytest.mark.usefixtures("secret")
@pytest.mark.parametrize("written", [form for form in SMUGGLED if form != "quilt-example/"])
def test_a_foreign_bucket_is_refused_everywhere(server: Running, written: str) -> None:
    bare = written.removeprefix("s3://")
    for tool, arguments in (
        ("bucket_objects_list", {"bucket": written}),
        ("check_bucket_access", {"bucket": written}),
        ("bucket_object_text", {"s3_uri": f"s3://{bare}/k"}),
        ("bucket_object_fetch", {"s3_uri": f"s3://{bare}/k"}),
        ("bucket_object_info", {"s3_uri": f"s3://{bare}/k"}),
        ("bucket_object_link", {"s3_uri": f"s3://{bare}/k"}),
        ("discover_permissions", {"buckets": [written]}),
        ("bucket_objects_put", {"bucket": written, "objects": [{"key": "k", "content": "x"}], "overwrite": True}),
        ("catalog_uri", {"registry": written, "package_name": "a/b"}),
        ("packages_list", {"registry": written}),
        ("package_browse", {"registry": written, "package_name": "a/b"}),
        ("package_versions", {"registry": written, "package_name": "a/b"}),
        ("package_entries_search", {"registry": written, "package_name": "a/b", "pattern": "*"}),
        ("package_diff", {"registry": written, "package_name": "a/b", "before": "a" * 64}),
    ):
        message = server.fail(tool, arguments)
        assert SECRET not in message
