"""Samples of the tools that list packages."""

from quilt_package import HASH

from tools.account import BUCKET
from tools.sample import Sample

SAMPLES = {
    "packages_list": Sample(
        {"registry": f"s3://{BUCKET}", "prefix": "team/", "limit": 10},
        {"registry": f"s3://{BUCKET}", "packages": ["team/data"], "next_cursor": None},
    ),
    "package_versions": Sample(
        {"registry": BUCKET, "package_name": "team/data", "limit": 10},
        {"versions": [{"top_hash": HASH, "pushed": "2023-11-14T22:13:20+00:00"}]},
    ),
}
