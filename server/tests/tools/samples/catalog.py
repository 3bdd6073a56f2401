"""Samples of the tools that write addresses in the catalog."""

from quilt_package import HASH

from tools.account import BUCKET
from tools.sample import Sample

PLACE = {"registry": BUCKET, "package_name": "team/data", "path": "a.csv", "top_hash": HASH}

SAMPLES = {
    "catalog_url": Sample(
        PLACE, {"url": f"https://catalog.example.com/b/{BUCKET}/packages/team/data/tree/{HASH}/a.csv"}
    ),
    "catalog_uri": Sample(PLACE, {"uri": f"quilt+s3://{BUCKET}#package=team/data@{HASH}&path=a.csv"}),
}
