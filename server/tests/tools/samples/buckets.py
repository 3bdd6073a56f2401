"""Samples of the tools about buckets."""

from tools.account import BUCKET
from tools.sample import Sample

SAMPLES = {
    "bucket_list": Sample({}, {"buckets": [BUCKET]}),
    "bucket_objects_list": Sample(
        {"bucket": BUCKET, "prefix": "objects/", "recursive": False, "max_keys": 10},
        {"folders": [], "objects": [{"key": "objects/a.csv", "size": 8}], "next_cursor": None},
    ),
    "check_bucket_access": Sample({"bucket": BUCKET}, {"bucket": BUCKET, "can_list": True, "can_read": True}),
    "discover_permissions": Sample(
        {"buckets": [BUCKET]},
        {"buckets": [{"bucket": BUCKET, "can_list": True}], "not_tried": []},
        refused={"buckets": [{"can_list": False, "can_read": None}]},
    ),
}
