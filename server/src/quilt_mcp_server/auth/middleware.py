"""Authentication of HTTP requests to the MCP endpoint."""

from http import HTTPStatus

from starlette.types import ASGIApp, Receive, Scope, Send

from ..telemetry.logs import record, subject_for_logs
from ..transport.refusal import RETRY_AFTER, refuse
from .jwks import KeysUnavailableError
from .principal import Principal, current_principal
from .refusals import InsufficientScopeError, InvalidTokenError
from .tokens import TokenVerifier

REALM = "quilt-mcp-server"


class MissingTokenError(Exception):
    """The request carries no bearer token."""


class AmbiguousTokenError(Exception):
    """The request carries more than one Authorization header."""


def bearer_token(scope: Scope) -> str:
    """The token of the request's one Authorization header; a token in the query counts as none.

    Raises:
        MissingTokenError: if there is none, or it is of another scheme.
        AmbiguousTokenError: if there are several headers.
    """
    values = [value for name, value in scope["headers"] if name == b"authorization"]
    if len(values) > 1:
        raise AmbiguousTokenError
    scheme, _, token = values[0].decode("latin-1").partition(" ") if values else ("", "", "")
    if scheme.lower() != "bearer" or not token.strip():
        raise MissingTokenError
    return token.strip()


class AuthenticationMiddleware:
    """Lets a request through with its principal in the context, or answers 401 (400 for two headers, 403 for a scope).

    Args:
        challenge: What an OAuth client needs to get a token, in the words of the WWW-Authenticate header.
    """

    def __init__(self, app: ASGIApp, verifier: TokenVerifier, log_subject: str, challenge: str = "") -> None:
        self._app = app
        self._verifier = verifier
        self._log_subject = log_subject
        self._oauth = f", {challenge}" if challenge else ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            who = await self._verifier.verify(bearer_token(scope))
        except MissingTokenError:
            # RFC 6750, 3.1: a request without a token learns the scheme, not an error.
            said = "send the header `Authorization: Bearer <token>`"
            await self._challenge(401, None, said, scope, receive, send)
        except AmbiguousTokenError:
            said = "the request has more than one Authorization header; send one"
            await self._challenge(400, "invalid_request", said, scope, receive, send)
        except InvalidTokenError as error:
            await self._challenge(401, "invalid_token", str(error), scope, receive, send)
        except InsufficientScopeError as error:
            await self._challenge(403, "insufficient_scope", str(error), scope, receive, send)
        except KeysUnavailableError:
            record().outcome = "no_keys"
            said = "Service Unavailable: the keys that verify this token cannot be fetched now; try again"
            headers = {"Retry-After": str(RETRY_AFTER)}
            await refuse(scope, receive, send, 503, said, reason="unavailable", headers=headers)
        else:
            record().subject = subject_for_logs(who.subject, self._log_subject)
            await as_principal(self._app, who, scope, receive, send)

    async def _challenge(
        self, status: int, error: str | None, description: str, scope: Scope, receive: Receive, send: Send
    ) -> None:
        challenge = f'Bearer realm="{REALM}"{self._oauth}'
        if error:
            challenge += f', error="{error}", error_description="{description}"'
        reason = record().outcome = error or "no_token"
        said = f"{HTTPStatus(status).phrase}: {description}"
        headers = {"WWW-Authenticate": challenge, "Cache-Control": "no-store"}
        await refuse(scope, receive, send, status, said, reason=reason, headers=headers)


class FixedPrincipalMiddleware:
    """Serves every request as the same caller: for QUILT_MCP_AUTH=none."""

    def __init__(self, app: ASGIApp, who: Principal) -> None:
        self._app = app
        self._who = who

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        record().subject = self._who.subject
        await as_principal(self._app, self._who, scope, receive, send)


async def as_principal(app: ASGIApp, who: Principal, scope: Scope, receive: Receive, send: Send) -> None:
    """Serve the request with `who` as its caller, and without one after it."""
    token = current_principal.set(who)
    try:
        await app(scope, receive, send)
    finally:
        current_principal.reset(token)
