"""Samples of the tools that write packages."""

from tools.account import BUCKET, WHOLE, whole_hash
from tools.sample import Sample

ENTRY = {"s3_uri": f"s3://{BUCKET}/objects/a.csv", "logical_key": "new.csv", "meta": {"n": 2}}
VERSION = {"metadata": {"by": "test"}, "message": "new", "workflow": "(none)"}

SAMPLES = {
    "package_create_from_s3": Sample(
        {
            "source_bucket": BUCKET,
            "package_name": "team/new",
            "source_prefix": "objects/",
            "target_registry": BUCKET,
            "include_patterns": ["*.csv"],
            "exclude_patterns": ["*.txt"],
            **VERSION,
        },
        {"entries": 1, "size": 8, "written": True},
    ),
    "package_create": Sample(
        {"registry": BUCKET, "package_name": "team/new", "entries": [ENTRY], **VERSION},
        {"entries": 1, "size": 8, "written": True},
    ),
    "package_update": Sample(
        {
            "registry": BUCKET,
            "package_name": WHOLE,
            "entries": [ENTRY],
            "remove": ["b/c.csv"],
            "top_hash": whole_hash(),
            **VERSION,
        },
        {"entries": 2, "written": True},
    ),
}
