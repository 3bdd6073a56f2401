"""Samples of the tools about the caller."""

from tools.account import BUCKET
from tools.sample import Sample

SAMPLES = {"whoami": Sample({}, {"subject": "alice", "buckets": [BUCKET], "permissions": None})}
