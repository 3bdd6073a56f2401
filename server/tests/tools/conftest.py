"""What several tests of tools start from."""

from typing import Any

import pytest


@pytest.fixture
def objects(s3: Any) -> Any:
    """Objects with versions, in two buckets."""
    for bucket in ("quilt-example", "quilt-secret"):
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        for key in ("d/a.csv", "d/sub/b ü.csv", "d/c.txt", "e/x", "d/folder/"):
            s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    return s3
