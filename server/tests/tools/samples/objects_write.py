"""Samples of the tools that write objects."""

from tools.account import BUCKET
from tools.sample import Sample

OBJECT = {"key": "objects/new.txt", "content": "new", "encoding": "text", "content_type": "text/plain"}

SAMPLES = {
    "bucket_objects_put": Sample(
        {"bucket": BUCKET, "objects": [OBJECT], "overwrite": True},
        {"results": [{"key": "objects/new.txt", "problem": None}]},
    ),
}
