"""Samples of the tools that read objects."""

from tools.account import BUCKET
from tools.sample import Sample

URI = f"s3://{BUCKET}/objects/a.csv"

SAMPLES = {
    "bucket_object_info": Sample({"s3_uri": URI}, {"size": 8, "storage_class": "STANDARD", "metadata": {}}),
    "bucket_object_text": Sample(
        {"s3_uri": URI, "max_bytes": 4, "offset": 4, "encoding": "utf-8"},
        {"text": "1,2\n", "size": 8, "next_offset": None},
    ),
    "bucket_object_fetch": Sample(
        {"s3_uri": URI, "max_bytes": 4, "offset": 0}, {"base64": "eCx5Cg==", "next_offset": 4}
    ),
    "bucket_object_link": Sample({"s3_uri": URI, "expiration": 60}),
}
