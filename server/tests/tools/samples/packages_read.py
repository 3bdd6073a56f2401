"""Samples of the tools that read packages."""

from quilt_package import HASH, OTHER_HASH

from tools.account import BUCKET
from tools.sample import Sample

VERSION = {"registry": BUCKET, "package_name": "team/data", "top_hash": HASH}

SAMPLES = {
    "package_browse": Sample(
        {**VERSION, "path": "b/", "include_meta": True, "limit": 10},
        {"top_hash": HASH, "entries": [{"logical_key": "b/c.csv", "meta": {"user_meta": {"n": 1}}}]},
    ),
    "package_entries_search": Sample(
        {**VERSION, "pattern": "*.csv", "include_meta": False, "limit": 10},
        {"entries": [{"logical_key": "a.csv", "meta": None}, {"logical_key": "b/c.csv"}]},
    ),
    "package_diff": Sample(
        {
            "registry": BUCKET,
            "package_name": "team/data",
            "before": OTHER_HASH,
            "after": HASH,
            "other_package_name": "team/data",
            "limit": 10,
        },
        {"added": 1, "removed": 0, "changes": [{"logical_key": "b/c.csv", "change": "added"}]},
    ),
}
