"""An image's size is the sum of its config and its layers (moto 5.2.5: the config alone).

Source: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ImageDetail.html
"""

from __future__ import annotations

import json
from typing import Any

from moto.ecr.models import Image


def install() -> None:
    Image.get_image_size_in_bytes = _size


def _size(image: Any) -> int | None:
    manifest = json.loads(image.image_manifest)
    if "layers" not in manifest:
        return None
    return int(sum(part.get("size", 0) for part in (manifest.get("config", {}), *manifest["layers"])))
