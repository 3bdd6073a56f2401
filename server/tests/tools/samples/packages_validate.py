"""Samples of the tools that check packages."""

from quilt_package import HASH

from tools.account import BUCKET
from tools.sample import Sample

SAMPLES = {
    "package_validate": Sample(
        {"registry": BUCKET, "package_name": "team/data", "top_hash": HASH, "read_objects": True, "limit": 10},
        {"top_hash": HASH, "checked": 2},
    ),
}
