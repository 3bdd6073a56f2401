"""Whose credentials sign a request: the container's role by explicit choice, or one assumed for the caller.

There is no way from one to the other: what fails here fails the call.
"""

import asyncio
import hashlib
import json
import re
import time
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from ..auth.principal import AccessDeniedError, Principal
from ..bounded_cache import BoundedCache, weight
from ..config import Config
from .grants import Credentials, Query

CACHE_ENTRIES = 1024
CACHE_BYTES = 8 * 1024 * 1024
CREDENTIALS_BYTES = (
    4096  # of a session's credentials, whose token has about 1,000 characters, and the task that got them
)
SESSION_SECONDS = 3600
REFRESH_BEFORE = 300  # seconds before their expiration from which credentials are no longer used
MAXIMUM_POLICY = 2048  # characters; STS's own limit
# A session policy can only narrow: which keys may be used is for the role to say.
_KEYS = {
    "Effect": "Allow",
    "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
    "Resource": "*",
    "Condition": {"StringLike": {"kms:ViaService": ["s3.*", "glue.*"]}},
}
# What the end of a name has that stands for another subject.
_WITH_DIGEST = re.compile(r"-[0-9a-f]{16}\Z", re.ASCII)
_SESSION_NAME = re.compile(r"[^\w+=,.@-]", re.ASCII)


_Key = tuple[str, str, str | None, Query | None]
"""Role, identity, bucket, query."""


class CredentialsError(Exception):
    """No credentials can be had for the caller; the message is for the caller."""


class CredentialSource(Protocol):
    """Gets credentials for a caller and a bucket."""

    async def credentials(self, who: Principal, bucket: str | None, query: Query | None = None) -> Credentials: ...

    def set_of(self, who: Principal) -> tuple[str, ...]:
        """What is equal for callers that get the same credentials."""

    def end(self, who: Principal, given: Credentials) -> datetime | None:
        """When credentials for a caller end who does not return with another token; None if never."""

    async def check(self) -> None:
        """Pass if the server itself can call AWS (STS answers)."""

    async def close(self) -> None: ...


def credential_source(config: Config) -> CredentialSource:
    """The source that the operator chose."""
    return AssumedRoles(config) if config.credentials == "assume_role" else TaskRole(config)


class TaskRole:
    """The container's own role for everyone; the callers' claims still limit the buckets."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._session: Any = None
        self._client: Any = None
        self._lock = asyncio.Lock()

    async def credentials(self, who: Principal, bucket: str | None, query: Query | None = None) -> Credentials:
        """The container's credentials, refreshed by the SDK.

        Raises:
            CredentialsError: if the container has none.
        """
        session = self.session()
        async with self._lock:
            found = await session.get_credentials()
        if found is None:
            raise CredentialsError("this server has no AWS credentials of its own; report it to its operator")
        frozen = await found.get_frozen_credentials()
        # The SDK does not expose when a role's credentials expire; static keys do not expire.
        until = getattr(found, "_expiry_time", None)
        return Credentials(frozen.access_key, frozen.secret_key, frozen.token, until=until)

    def set_of(self, who: Principal) -> tuple[str, ...]:
        return ()

    def end(self, who: Principal, given: Credentials) -> datetime | None:
        return None  # The SDK renews them.

    def session(self) -> Any:
        """The SDK's session with its usual chain of credential providers."""
        if self._session is None:
            from aiobotocore.session import AioSession

            self._session = AioSession()
        return self._session

    async def sts(self) -> Any:
        """The STS client that acts as the container's role."""
        from .clients import client_config

        async with self._lock:
            if self._client is None:
                context = self.session().create_client(
                    "sts", region_name=self._config.region, config=client_config(self._config, "sts")
                )
                self._client = await context.__aenter__()
        return self._client

    async def check(self) -> None:
        await (await self.sts()).get_caller_identity()

    async def close(self) -> None:
        if self._client is not None:
            await self._client.close()


class AssumedRoles:
    """A role of the allowlist, assumed in the caller's name and narrowed to the bucket that is touched."""

    def __init__(self, config: Config) -> None:
        self._roles = config.assume_roles
        self._own = TaskRole(config)
        self._cache: BoundedCache[_Key, tuple[float, asyncio.Future[Credentials]]] = BoundedCache(
            CACHE_ENTRIES, CACHE_BYTES
        )

    async def credentials(self, who: Principal, bucket: str | None, query: Query | None = None) -> Credentials:
        """Credentials of the caller's role, at most an hour old.

        Raises:
            AccessDeniedError: if the token asks for no role of the allowlist.
            botocore.exceptions.ClientError: if STS refuses.
        """
        role = self._role_of(who, bucket)
        key = (role, who.identity, bucket, query)
        known = self._cache.get(key)
        if known is not None and known[0] > time.monotonic():
            return await asyncio.shield(known[1])
        # Concurrent callers wait for the same STS call; a failure is not cached.
        future = asyncio.ensure_future(self._assume(role, who, bucket, query))
        until = time.monotonic() + SESSION_SECONDS - REFRESH_BEFORE
        self._cache.put(key, (until, future), weight(key) + CREDENTIALS_BYTES)
        future.add_done_callback(lambda done: self._forget_failure(key, done))
        return await asyncio.shield(future)

    def set_of(self, who: Principal) -> tuple[str, ...]:
        return (self._role_of(who), who.identity)

    def end(self, who: Principal, given: Credentials) -> datetime | None:
        """A role is assumed again for as long as the token is valid, and what was assumed last lasts for its time."""
        if who.expires is None:
            return None
        expires = datetime.fromtimestamp(who.expires, UTC)
        return expires if given.until is None else max(expires, given.until - timedelta(seconds=REFRESH_BEFORE))

    def _forget_failure(self, key: _Key, done: asyncio.Future[Credentials]) -> None:
        if (done.cancelled() or done.exception()) and (self._cache.get(key) or (0, None))[1] is done:
            self._cache.forget(key)

    def _role_of(self, who: Principal, bucket: str | None = None) -> str:
        """A role is chosen from the allowlist; what a claim says can only select, never add."""
        roles = who.roles_for(bucket)
        for role in roles:
            meant = [arn for arn in self._roles if role in (arn, arn.rpartition("/")[2])]
            if len(meant) > 1:
                raise AccessDeniedError(
                    f"your token asks for the role {role}, which is the name of several: use the ARN"
                )
            if meant:
                return meant[0]
        if not roles and len(self._roles) == 1:
            return self._roles[0]
        asked = ", ".join(roles) or "none"
        names = sorted(arn.rpartition("/")[2] for arn in self._roles)
        raise AccessDeniedError(f"your token asks for the role(s) {asked}; this server assumes only {', '.join(names)}")

    async def _assume(self, role: str, who: Principal, bucket: str | None, query: Query | None) -> Credentials:
        name = session_name(who.identity)
        answer = await (await self._own.sts()).assume_role(
            RoleArn=role,
            RoleSessionName=name,
            SourceIdentity=name,
            Policy=session_policy(role.split(":")[1], bucket, query),
            DurationSeconds=SESSION_SECONDS,
        )
        given = answer["Credentials"]
        return Credentials(
            given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"], until=given["Expiration"]
        )

    async def check(self) -> None:
        await self._own.check()

    async def close(self) -> None:
        await self._own.close()


def session_name(subject: str) -> str:
    """The subject as a RoleSessionName: 2 to 64 characters of STS's alphabet, different for different subjects."""
    name = _SESSION_NAME.sub("-", subject)
    if name == subject and 2 <= len(name) <= 64 and not _WITH_DIGEST.search(name):
        return name
    return f"{name[:47]}-{hashlib.sha256(subject.encode()).hexdigest()[:16]}"


def session_policy(partition: str, bucket: str | None, query: Query | None = None) -> str:
    """The inline policy that narrows a session to one bucket, or to Athena and Glue and what a query may reach.

    Raises:
        CredentialsError: if the query reaches into so many buckets that no policy can hold them.
    """
    if bucket is None:
        statements: list[dict[str, Any]] = [
            {
                "Effect": "Allow",
                "Action": ["s3:ListAllMyBuckets", "athena:*", "glue:Get*", "glue:BatchGet*"],
                "Resource": "*",
            },
            *(_query_statements(partition, query) if query is not None else ()),
        ]
    else:
        arn = f"arn:{partition}:s3:::{bucket}"
        actions = ["s3:Get*", "s3:List*", "s3:PutObject*", "s3:DeleteObject", "s3:AbortMultipartUpload"]
        statements = [{"Effect": "Allow", "Action": actions, "Resource": [arn, f"{arn}/*"]}]
    policy = json.dumps({"Version": "2012-10-17", "Statement": [*statements, _KEYS]}, separators=(",", ":"))
    if len(policy) > MAXIMUM_POLICY:
        raise CredentialsError("the query reads from too many buckets for one session; ask for fewer tables at once")
    return policy


def _query_statements(partition: str, query: Query) -> list[dict[str, Any]]:
    read = [f"arn:{partition}:s3:::{bucket}{suffix}" for bucket in query.buckets for suffix in ("", "/*")]
    bucket, _, prefix = query.results.removeprefix("s3://").partition("/")
    results = f"arn:{partition}:s3:::{bucket}"
    written = ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"]
    return [
        *([{"Effect": "Allow", "Action": ["s3:Get*", "s3:List*"], "Resource": read}] if read else ()),
        {"Effect": "Allow", "Action": ["s3:GetBucketLocation", "s3:ListBucket"], "Resource": results},
        {"Effect": "Allow", "Action": written, "Resource": f"{results}/{prefix}*"},
    ]
