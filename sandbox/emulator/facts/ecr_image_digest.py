"""An image's digest is the sha256 of its manifest (moto 5.2.5 hashes the layers only).

Source: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ImageDetail.html
"""

from __future__ import annotations

import hashlib
from typing import Any

from moto.ecr.models import Image


def install() -> None:
    Image._create_digest = _create_digest


def _create_digest(image: Any) -> None:
    image._image_digest = "sha256:" + hashlib.sha256(image.image_manifest.encode()).hexdigest()
