"""The session of a role ends: from then on its access key is refused, in every service.

The code and the text are STS's; other services write them in their own protocol.
Source: https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
"""

from __future__ import annotations

from typing import Any

from moto.core.utils import utcnow
from moto.sts.models import sts_backends

from sandbox.emulator.errors import Answer, aws_error
from sandbox.emulator.identify import Request, protocol
from sandbox.emulator.lock import api_lock

_TEXT = "The security token included in the request is expired"


def refusal(request: Request, account_id: str) -> Answer | None:
    """AWS's answer to a request that is signed with the key of a session that has ended; None for every other one."""
    if not request.access_key.startswith("ASIA"):
        return None
    with api_lock:
        session = next((one for one in _sessions(account_id) if one.access_key_id == request.access_key), None)
    if session is None or session.expiration > utcnow():
        return None
    # The services with a JSON protocol name it after their exceptions.
    code = "ExpiredTokenException" if protocol(request.service) in ("json", "rest-json") else "ExpiredToken"
    return aws_error(request.service, code, _TEXT, 400 if code == "ExpiredTokenException" else 403)


def end_all(account_id: str) -> None:
    """Let every session that there is end now."""
    with api_lock:
        for session in _sessions(account_id):
            session.expiration = utcnow()


def _sessions(account_id: str) -> list[Any]:
    return [session for backend in sts_backends[account_id].values() for session in backend.assumed_roles]
