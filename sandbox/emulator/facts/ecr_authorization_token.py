"""An authorization token is valid for 12 hours and is for the registry that images are pushed to
(moto 5.2.5: it ended in 2015).

Source: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetAuthorizationToken.html
"""

from __future__ import annotations

import base64
import datetime
from typing import Any

from moto.core.responses import ActionResult
from moto.ecr.responses import ECRResponse

from sandbox.emulator import ecr_registry

TOKEN_SECONDS = 12 * 3600


def install() -> None:
    ECRResponse.get_authorization_token = _get_authorization_token


def _get_authorization_token(self: Any) -> ActionResult:
    account_ids = self._get_param("registryIds") or [self.current_account]
    expires = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=TOKEN_SECONDS)
    registry = ecr_registry.attached()
    data = []
    for account_id in account_ids:
        if registry is not None:
            password, endpoint = registry.front.issue_password(TOKEN_SECONDS), f"http://{registry.host}"
        else:
            password, endpoint = "no-registry", f"https://{account_id}.dkr.ecr.{self.region}.amazonaws.com"
        token = base64.b64encode(f"AWS:{password}".encode()).decode()
        data.append({"authorizationToken": token, "expiresAt": expires, "proxyEndpoint": endpoint})
    return ActionResult({"authorizationData": data})
