"""Samples of the tools that delete packages."""

from quilt_package import HASH

from tools.account import BUCKET
from tools.sample import Sample

SAMPLES = {
    "package_delete": Sample(
        {"registry": BUCKET, "package_name": "team/data", "all_versions": False, "top_hash": HASH},
        {"deleted": 1, "latest": None},
    ),
}
