"""Bearer tokens: from an Authorization header to a principal, or a reason why not."""

import base64
import binascii
import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import jwt

from ..bounded_cache import BoundedCache, weight
from .claims import principal_from
from .jwks import Jwks
from .principal import Principal

LEEWAY = 30  # seconds of clock difference that are tolerated
MAXIMUM_BYTES = 8192
MAXIMUM_KID = 256
REMEMBERED = 512  # tokens
REMEMBERED_BYTES = 8 * 1024 * 1024  # of what is kept of them; the short forms of claims become long
_REQUIRED = ("exp", "iat", "iss", "aud", "sub")
_REASONS: tuple[tuple[type[Exception], str], ...] = (
    (jwt.ExpiredSignatureError, "the token has expired; get a new one"),
    (jwt.ImmatureSignatureError, "the token is not valid yet; check the clock of its issuer"),
    (jwt.InvalidAudienceError, "the token is for another audience"),
    (jwt.InvalidIssuerError, "the token is from another issuer"),
    (jwt.MissingRequiredClaimError, "the token lacks a required claim (exp, iat, iss, aud, sub)"),
    (jwt.InvalidSignatureError, "the token's signature does not match"),
)


class InvalidTokenError(Exception):
    """The token is refused; the message is a fixed sentence, safe to send back."""


@dataclass(frozen=True, slots=True)
class Key:
    """A verification key with the one algorithm that it may be used with."""

    value: Any = field(repr=False)
    issuer: str
    algorithm: str = "HS256"


class TokenVerifier:
    """Verifies tokens: HS256 with the keys of the configuration, RS256 and ES256 with those of a JWKS address.

    The signature of the very same bytes under the very same key is not computed again; the key, its algorithm and the
    expiry are looked at every time. Half of a cheap request would be spent on it otherwise.
    """

    def __init__(
        self, keys: Mapping[str, str], issuer: str, audience: str, jwks: Jwks | None = None, jwks_issuer: str = ""
    ) -> None:
        self._keys = {kid: Key(value, issuer) for kid, value in keys.items()}
        self._audience = audience
        self._jwks = jwks
        self._jwks_issuer = jwks_issuer
        self._verified: BoundedCache[bytes, tuple[Key, Principal]] = BoundedCache(REMEMBERED, REMEMBERED_BYTES)

    async def verify(self, token: str) -> Principal:
        """The caller that the token stands for.

        Raises:
            InvalidTokenError: for every token that is not beyond doubt.
            KeysUnavailableError: if its key would be one of a JWKS address that does not answer.
        """
        if len(token) > MAXIMUM_BYTES:
            raise InvalidTokenError(f"the token is longer than {MAXIMUM_BYTES} bytes")
        key = await self._key(_header(token))
        digest = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
        known = self._verified.get(digest)
        if known is not None and known[0] == key and (known[1].expires or 0) + LEEWAY > time.time():
            return known[1]
        who = self._principal(token, key)
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

    def _principal(self, token: str, key: Key) -> Principal:
        try:
            claims = jwt.decode(
                token,
                key.value,
                algorithms=[key.algorithm],
                issuer=key.issuer,
                audience=self._audience,
                leeway=LEEWAY,
                options={"require": list(_REQUIRED)},
            )
            if not claims["sub"]:
                raise InvalidTokenError("the token names no subject")
            who = principal_from(claims)
            # Two issuers may each have an alice.
            ambiguous = self._keys and key.issuer == self._jwks_issuer
            return replace(who, issuer=key.issuer) if ambiguous else who
        except InvalidTokenError:
            raise
        except Exception as error:
            # Whatever a library raises on malicious input, the result is the same here: not a token.
            reason = next((text for kind, text in _REASONS if isinstance(error, kind)), "the token is malformed")
            raise InvalidTokenError(reason) from error

    async def _key(self, header: Mapping[str, object]) -> Key:
        kid = header.get("kid")
        key = self._keys.get(kid) if isinstance(kid, str) else None
        if key is None and self._jwks is not None and isinstance(kid, str) and 0 < len(kid) <= MAXIMUM_KID:
            found = await self._jwks.find(kid)
            key = Key(found[0], self._jwks_issuer, found[1]) if found is not None else None
        if key is None:
            raise InvalidTokenError("the token's kid names no key of this server")
        # The key decides the algorithm, never the token: neither `none` nor RS256-as-HS256 gets through.
        if header.get("alg") != key.algorithm:
            raise InvalidTokenError("the token's algorithm is not the one of its key")
        return key


def _header(token: str) -> Mapping[str, object]:
    """The token's header, refused where two readers could understand it differently."""
    encoded, dot, _ = token.partition(".")
    try:
        if not dot:
            raise ValueError("no dot")
        raw = base64.b64decode(encoded + "=" * (-len(encoded) % 4), altchars=b"-_", validate=True)
        header = json.loads(raw, object_pairs_hook=_unique)
    except (ValueError, binascii.Error, RecursionError) as error:
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
