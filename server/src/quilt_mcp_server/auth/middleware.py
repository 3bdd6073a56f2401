"""Authentication of HTTP requests to the MCP endpoint."""

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from ..telemetry.logs import record, subject_for_logs
from ..transport.request_body import RETRY_AFTER
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
        self._challenge = f", {challenge}" if challenge else ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            who = await self._verifier.verify(bearer_token(scope))
        except MissingTokenError:
            # RFC 6750, 3.1: a request without a token learns the scheme, not an error.
            response = self._refusal(401, None, "send the header `Authorization: Bearer <token>`")
        except AmbiguousTokenError:
            response = self._refusal(
                400, "invalid_request", "the request has more than one Authorization header; send one"
            )
        except InvalidTokenError as error:
            response = self._refusal(401, "invalid_token", str(error))
        except InsufficientScopeError as error:
            response = self._refusal(403, "insufficient_scope", str(error))
        except KeysUnavailableError:
            record().outcome = "no_keys"
            body = {
                "error": "unavailable",
                "error_description": "the keys that verify this token cannot be fetched now",
            }
            response = JSONResponse(body, 503, headers={"Retry-After": str(RETRY_AFTER)})
        else:
            record().subject = subject_for_logs(who.subject, self._log_subject)
            await as_principal(self._app, who, scope, receive, send)
            return
        await response(scope, receive, send)

    def _refusal(self, status: int, error: str | None, description: str) -> JSONResponse:
        challenge = f'Bearer realm="{REALM}"{self._challenge}'
        if error:
            challenge += f', error="{error}", error_description="{description}"'
        body = {"error": error or "unauthorized", "error_description": description}
        record().outcome = error or "no_token"
        return JSONResponse(body, status, headers={"WWW-Authenticate": challenge, "Cache-Control": "no-store"})


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
