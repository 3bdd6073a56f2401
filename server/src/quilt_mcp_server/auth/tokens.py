"""Bearer tokens: from an Authorization header to a principal, or a reason why not."""

import base64
import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import jwt

from ..bounded_cache import BoundedCache, weight
from .access_tokens import LEEWAY, AccessTokenRules
from .claims import principal_from
from .introspection import Introspection
from .jwks import Jwks
from .principal import Principal
from .refusals import InsufficientScopeError
from .refusals import InvalidTokenError as InvalidTokenError

MAXIMUM_BYTES = 8192
MAXIMUM_KID = 256
REMEMBERED = 512  # tokens
REMEMBERED_BYTES = 8 * 1024 * 1024  # of what is kept of them; the short forms of claims become long
_REQUIRED = ("exp", "iat", "iss", "aud", "sub")
_REQUIRED_OF_ACCESS = ("exp", "iat", "iss", "sub")
_REASONS: tuple[tuple[type[Exception], str], ...] = (
    (jwt.ExpiredSignatureError, "the token has expired; get a new one"),
    (jwt.ImmatureSignatureError, "the token is not valid yet; check the clock of its issuer"),
    (jwt.InvalidAudienceError, "the token is for another audience"),
    (jwt.InvalidIssuerError, "the token is from another issuer"),
    (jwt.MissingRequiredClaimError, "the token lacks a required claim (exp, iat, iss, aud, sub)"),
    (jwt.InvalidSignatureError, "the token's signature does not match"),
)


@dataclass(frozen=True, slots=True)
class Key:
    """A verification key with the one algorithm that it may be used with."""

    value: Any = field(repr=False)
    issuer: str
    algorithm: str = "HS256"
    published: bool = False  # at the JWKS address


class TokenVerifier:
    """Verifies tokens: HS256 with the keys of the configuration, RS256 and ES256 with those of a JWKS address.

    The signature of the very same bytes under the very same key is not computed again; the key, its algorithm and the
    expiry are looked at every time. Half of a cheap request would be spent on it otherwise.
    """

    def __init__(
        self,
        keys: Mapping[str, str],
        issuer: str,
        audience: str,
        rules: AccessTokenRules | None = None,
        jwks: Jwks | None = None,
        introspection: Introspection | None = None,
    ) -> None:
        self._keys = {kid: Key(value, issuer) for kid, value in keys.items()}
        self._audience = audience
        self._rules = rules
        self._jwks = jwks
        self._introspection = introspection
        self._verified: BoundedCache[bytes, tuple[Key, Principal]] = BoundedCache(REMEMBERED, REMEMBERED_BYTES)

    async def verify(self, token: str) -> Principal:
        """The caller that the token stands for.

        Raises:
            InvalidTokenError: for every token that is not beyond doubt.
            InsufficientScopeError: for an access token that lacks a scope.
            KeysUnavailableError: if its key would be one of a JWKS address that does not answer.
        """
        if len(token) > MAXIMUM_BYTES:
            raise InvalidTokenError(f"the token is longer than {MAXIMUM_BYTES} bytes")
        if self._rules is not None and _is_opaque(token):
            return await self._introspected(self._rules, token)
        header = _header(token)
        key = await self._key(header)
        digest = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
        known = self._verified.get(digest)
        if known is not None and known[0] == key and (known[1].expires or 0) + LEEWAY > time.time():
            return known[1]
        who = self._principal(token, key, header.get("typ"))
        # The key is the configuration's, or of the few of the JWKS address.
        self._verified.put(digest, (key, who), weight(digest, who))
        return who

    async def check(self) -> None:
        """Pass, if the keys are there that tokens are verified with.

        Raises:
            KeysUnavailableError: if those of a JWKS address are not.
        """
        if self._jwks is not None:
            await self._jwks.check()

    async def _introspected(self, rules: AccessTokenRules, token: str) -> Principal:
        if self._introspection is None:
            raise InvalidTokenError(
                "the token is opaque (no JWT), which this server does not support; request one for its audience"
            )
        claims = await self._introspection.claims(token)
        try:
            return self._of_issuer(rules.introspected(claims, time.time()), rules.issuer)
        except (InvalidTokenError, InsufficientScopeError):
            raise
        except Exception as error:
            raise InvalidTokenError("the authorization server's answer about the token is malformed") from error

    def _of_issuer(self, who: Principal, issuer: str) -> Principal:
        """Two issuers may each have an alice."""
        return replace(who, issuer=issuer) if self._keys else who

    def _principal(self, token: str, key: Key, header_type: object) -> Principal:
        try:
            if key.published and self._rules is not None:
                who = self._rules.principal(_claims(token, key, None, _REQUIRED_OF_ACCESS), header_type)
                return self._of_issuer(who, key.issuer)
            claims = _claims(token, key, self._audience, _REQUIRED)
            if not claims["sub"]:
                raise InvalidTokenError("the token names no subject")
            return principal_from(claims)
        except (InvalidTokenError, InsufficientScopeError):
            raise
        except Exception as error:
            # Whatever a library raises on malicious input, the result is the same here: not a token.
            reason = next((text for kind, text in _REASONS if isinstance(error, kind)), "the token is malformed")
            raise InvalidTokenError(reason) from error

    async def _key(self, header: Mapping[str, object]) -> Key:
        kid = header.get("kid")
        key = self._keys.get(kid) if isinstance(kid, str) else None
        if key is None and self._jwks and self._rules and isinstance(kid, str) and 0 < len(kid) <= MAXIMUM_KID:
            found = await self._jwks.find(kid)
            key = Key(found[0], self._rules.issuer, found[1], published=True) if found is not None else None
        if key is None:
            raise InvalidTokenError("the token's kid names no key of this server")
        # The key decides the algorithm, never the token: neither `none` nor RS256-as-HS256 gets through.
        if header.get("alg") != key.algorithm:
            raise InvalidTokenError("the token's algorithm is not the one of its key")
        return key


def _claims(token: str, key: Key, audience: str | None, required: Sequence[str]) -> dict[str, Any]:
    """The claims of a token whose signature, issuer, time and, if one is given, audience are right."""
    claims: dict[str, Any] = jwt.decode(
        token,
        key.value,
        algorithms=[key.algorithm],
        issuer=key.issuer,
        audience=audience,
        leeway=LEEWAY,
        options={"require": list(required), "verify_aud": audience is not None},
    )
    return claims


def _is_opaque(token: str) -> bool:
    """Whether the token is no signed JWT: it has not three parts, or its first is no JSON object."""
    encoded, *others = token.split(".", 3)
    if len(others) != 2:
        return True
    try:
        return not isinstance(json.loads(_decoded(encoded)), dict)
    except (ValueError, RecursionError):
        return True


def _decoded(encoded: str) -> bytes:
    """Of base64 for URLs.

    Raises:
        ValueError: if it is none.
    """
    return base64.b64decode(encoded + "=" * (-len(encoded) % 4), altchars=b"-_", validate=True)


def _header(token: str) -> Mapping[str, object]:
    """The token's header, refused where two readers could understand it differently."""
    encoded, dot, _ = token.partition(".")
    try:
        if not dot:
            raise ValueError("no dot")
        header = json.loads(_decoded(encoded), object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        raise InvalidTokenError("the token is malformed") from error
    if not isinstance(header, dict):
        raise InvalidTokenError("the token is malformed")
    if "crit" in header:
        raise InvalidTokenError("the token demands an extension that this server does not have (crit)")
    return header


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a member is named twice")
    return result
