"""What makes verified claims an access token for this server, whichever authorization server issued them.

RFC 9068 gives access tokens a type of their own (`at+jwt`), which few providers write. So a token is refused for what
says that it is another kind: an ID token, a refresh token, a logout token.

    Cognito   `token_use` access or id; access tokens have `client_id` and mostly no `aud`
    Entra     `aud` is the API's application; an ID token has neither `azp` (`appid` in version 1) nor `scp`
    Okta      `cid` and `scp`; an ID token has `at_hash`, or the client as its audience
    Keycloak  a claim `typ`: Bearer, ID, Refresh, Offline; before version 25 access tokens have `nonce`, too
    Auth0     `azp`, or `at+jwt` with `client_id`; an ID token has the client as its audience
"""

from collections.abc import Mapping

from ..oauth_settings import OAuthSettings
from .claim_grants import ClaimGrants
from .claims import principal_from
from .principal import Principal
from .refusals import InsufficientScopeError, InvalidTokenError

_ACCESS_TOKEN = ("at+jwt", "application/at+jwt")
_CLIENTS = ("client_id", "azp", "cid", "appid")
_SCOPES = ("scope", "scp")
# What an ID token does not have: its client as such, scopes, or the claims of this server.
_OF_ACCESS = (*_CLIENTS, *_SCOPES, "buckets", "b")
_NOT_FOR_SERVERS = "an ID token is not accepted; send the access token"


LEEWAY = 30  # seconds of clock difference that are tolerated


class AccessTokenRules:
    """The rules for tokens of one authorization server. They do not apply to the frontend's own tokens."""

    def __init__(self, settings: OAuthSettings) -> None:
        self._audiences = {settings.resource, f"{settings.resource}/", *settings.audiences}
        self._client_ids = settings.client_ids
        self._required = settings.required_scopes
        self._principal = ClaimGrants(settings.grants).principal if settings.grants else principal_from
        self.issuer = settings.issuer

    def principal(self, claims: Mapping[str, object], header_type: object = None) -> Principal:
        """The caller that the claims of a token describe whose signature, issuer and time are verified.

        Args:
            claims: The token's claims.
            header_type: The `typ` of the token's header.

        Raises:
            InvalidTokenError: if it is no access token, or for another audience.
            InsufficientScopeError: if it lacks a scope that is required.
            ValueError: if a claim is not of its form.
        """
        _refuse_other_kinds(claims, header_type)
        self._check_audience(claims)
        if not claims.get("sub"):
            raise InvalidTokenError("the token names no subject")
        granted = scopes(claims)
        missing = [scope for scope in self._required if scope not in granted]
        if missing:
            raise InsufficientScopeError(f"the token lacks the scope {' '.join(missing)}; get one that has it")
        return self._principal(claims)

    def introspected(self, claims: Mapping[str, object], now: float) -> Principal:
        """The caller that the answer about an active opaque token describes (RFC 7662).

        Args:
            claims: The answer, of which neither issuer nor time is verified yet.
            now: Seconds since 1970.

        Raises:
            InvalidTokenError: if it is no access token, for another audience, or not valid now.
            InsufficientScopeError: if it lacks a scope that is required.
            ValueError: if a claim is not of its form.
        """
        if claims.get("iss", self.issuer) != self.issuer:
            raise InvalidTokenError("the token is from another issuer")
        if "exp" not in claims:
            raise InvalidTokenError("the authorization server does not say when the token expires (exp)")
        if not _seconds(claims["exp"]) > now - LEEWAY:
            raise InvalidTokenError("the token has expired; get a new one")
        if not _seconds(claims.get("nbf", 0)) <= now + LEEWAY:
            raise InvalidTokenError("the token is not valid yet; check the clock of its issuer")
        # A refresh token is opaque, too, and active.
        kind = claims.get("token_type")
        bearer = isinstance(kind, str) and kind.lower() == "bearer"
        if not bearer and (kind is not None or not _is_marked(claims, None)):
            raise InvalidTokenError("the authorization server does not say that this is an access token (token_type)")
        return self.principal(claims)

    def _check_audience(self, claims: Mapping[str, object]) -> None:
        if "aud" in claims:
            if not self._audiences & set(_texts(claims["aud"])):
                raise InvalidTokenError("the token is for another audience")
            return
        if not self._client_ids:
            raise InvalidTokenError(
                "the token has no audience (aud), and this server has no list of clients whose tokens may lack it"
            )
        if claims.get("token_use") != "access":
            raise InvalidTokenError("the token has neither an audience (aud) nor the claim token_use: access")
        if claims.get("client_id") not in self._client_ids:
            raise InvalidTokenError("the token has no audience (aud), and its client is not one that this server knows")


def scopes(claims: Mapping[str, object]) -> frozenset[str]:
    """The scopes of a token: `scope`, or `scp` of Entra and Okta; separated by spaces, or a list."""
    return frozenset(
        scope for name in _SCOPES for text in _texts(claims.get(name)) for scope in text.split(" ") if scope
    )


def _refuse_other_kinds(claims: Mapping[str, object], header_type: object) -> None:
    """Pass, if nothing says that this is another token than an access token for its bearer."""
    marked = _is_marked(claims, header_type)
    if "at_hash" in claims or "c_hash" in claims or ("nonce" in claims and not marked):
        raise InvalidTokenError(_NOT_FOR_SERVERS)
    if "events" in claims:
        raise InvalidTokenError("the token is a security event, such as a logout; send an access token")
    if "cnf" in claims:
        raise InvalidTokenError("the token is bound to a key of its client (cnf), which this server does not verify")
    if not marked and not any(claims.get(name) for name in _OF_ACCESS):
        raise InvalidTokenError("the token names neither a client nor a scope, as an access token does")
    client = next((claims[name] for name in _CLIENTS if name in claims), None)
    own = client is not None and _texts(claims.get("aud", [])) == [client]
    if own and not marked and not any(claims.get(name) for name in (*_SCOPES, "roles")):
        raise InvalidTokenError(_NOT_FOR_SERVERS)


def _is_marked(claims: Mapping[str, object], header_type: object) -> bool:
    """Whether the provider says that this is an access token.

    Raises:
        InvalidTokenError: if it says that it is another one.
    """
    said = header_type.lower() if isinstance(header_type, str) else header_type
    if said not in (None, "jwt", *_ACCESS_TOKEN):
        raise InvalidTokenError("the token's type (typ) is not that of an access token")
    kind, use = claims.get("typ"), claims.get("token_use")
    if kind == "ID" or use == "id":
        raise InvalidTokenError(_NOT_FOR_SERVERS)
    if kind not in (None, "Bearer"):
        raise InvalidTokenError("the token's claim typ is not that of an access token (Bearer)")
    if use not in (None, "access", "access_token"):
        raise InvalidTokenError("the token's claim token_use is not that of an access token (access)")
    return said in _ACCESS_TOKEN or kind is not None or use is not None


def _seconds(value: object) -> float:
    """A time in seconds.

    Raises:
        ValueError: if it is none.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("a time is not a number")
    return float(value)


def _texts(value: object) -> list[str]:
    """The strings of a claim that is one or a list of them."""
    values = value if isinstance(value, list) else [value]
    return [each for each in values if isinstance(each, str)]
