"""GetCallerIdentity names the user of the access key: the deployer is the IAM user `sandbox`
(moto 5.2.5 says user/moto for a key that it did not create).

Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
"""

from __future__ import annotations

from typing import Any

from moto.sts.models import STSBackend

from sandbox.access_keys import DEPLOYER_KEY
from sandbox.emulator.patch import wrap


def install() -> None:
    wrap(STSBackend, "get_caller_identity", _get_caller_identity)


def _get_caller_identity(original: Any, self: Any, access_key_id: str, region: str) -> tuple[str, str, str]:
    user_id, arn, account_id = original(self, access_key_id, region)
    if arn.endswith(":user/moto"):
        return "AIDASANDBOXDEPLOYER00", f"arn:aws:iam::{self.account_id}:user/{DEPLOYER_KEY}", self.account_id
    return user_id, arn, account_id
