"""The command line `quilt-mcp-token`: a token for one person, signed with the deployment's key.

For whoever may read the secret of the keys (secretsmanager:GetSecretValue). Standard output has the token alone, so the
command fits `quilt-mcp-proxy --token-command`. Errors go to standard error, and never hold a part of the secret.
"""

import argparse
import json
import re
import sys
import time
from collections.abc import Iterable
from typing import Any

import jwt

DEFAULT_HOURS = 8.0
# A token cannot be withdrawn but by a new key for all.
MAXIMUM_HOURS = 24.0 * 30
MINIMUM_KEY = 32  # bytes, as the server demands
MAXIMUM_TOKEN = 8192  # bytes that the server takes
OF_A_BARE_KEY = "frontend-enhanced"  # the kid of a secret that is no JSON object
# As the server compares them: names, and `*` and `?`.
BUCKET = re.compile(r"[a-z0-9.*?-]{1,63}")


class TokenError(Exception):
    """No token can be made; the message says why and what to do."""


def parser() -> argparse.ArgumentParser:
    """The command line."""
    found = argparse.ArgumentParser(
        prog="quilt-mcp-token",
        description="Prints a token for one person. It needs AWS credentials that may read the secret of the keys.",
    )
    found.add_argument("--secret", required=True, help="name or ARN of the secret (mcp_server_jwt_secret)")
    found.add_argument("--subject", required=True, help="who the person is, such as ada@example.com; the log shows it")
    found.add_argument(
        "--bucket", action="append", default=[], metavar="NAME", help="a bucket, or a pattern with *; repeat it"
    )
    found.add_argument(
        "--permission", action="append", default=[], metavar="ACTION", help="an IAM action; unset, all; repeat it"
    )
    found.add_argument("--role", action="append", default=[], metavar="ROLE", help="a role to assume; repeat it")
    found.add_argument("--hours", type=float, default=DEFAULT_HOURS, help="how long it is valid (default %(default)g)")
    found.add_argument("--kid", help="the key's id; needed where the secret has several keys")
    found.add_argument("--issuer", default="quilt-frontend", help="mcp_server_jwt_issuer (default %(default)s)")
    found.add_argument("--audience", default="quilt-mcp-server", help="mcp_server_jwt_audience (default %(default)s)")
    found.add_argument("--region", help="of the secret; unset, the environment's or the profile's")
    found.add_argument("--profile", help="a profile of the AWS configuration files")
    return found


def problems(options: argparse.Namespace) -> list[str]:
    """What is wrong with the options, all of it."""
    found = []
    if not options.subject.strip() or len(options.subject) > 256:
        found.append("--subject must have 1 to 256 characters")
    if not options.bucket:
        found.append("--bucket is missing: a token without a bucket may read nothing; repeat it for each bucket")
    wrong = [name for name in options.bucket if not BUCKET.fullmatch(name)]
    if wrong:
        found.append(f"--bucket must be a bucket's name without s3://, or a pattern with *; found {', '.join(wrong)}")
    if not 0 < options.hours <= MAXIMUM_HOURS:
        found.append(f"--hours must be above 0 and at most {MAXIMUM_HOURS:g}; found {options.hours:g}")
    return found


def read_secret(options: argparse.Namespace) -> str:
    """The secret's value.

    Raises:
        TokenError: if AWS does not give it.
    """
    try:
        import boto3
        from botocore.exceptions import BotoCoreError, ClientError
    except ImportError as error:
        raise TokenError('boto3 is missing; install it: pip install "quilt-mcp-proxy[token]"') from error
    try:
        session = boto3.Session(profile_name=options.profile, region_name=options.region)
        answer: dict[str, Any] = session.client("secretsmanager").get_secret_value(SecretId=options.secret)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        raise TokenError(f"AWS does not give the secret {options.secret}: {code}; {_remedy(code)}") from error
    except BotoCoreError as error:
        raise TokenError(f"AWS cannot be asked: {error}; set --region and --profile, or log in") from error
    value = answer.get("SecretString")
    if not value:
        raise TokenError(f"the secret {options.secret} has no text; store a JSON object of key id to key in it")
    return str(value)


def _remedy(code: str) -> str:
    if code.startswith("AccessDenied"):
        return "only who has secretsmanager:GetSecretValue on it can make tokens; ask for one instead"
    if code == "ResourceNotFoundException":
        return "correct --secret, --region or --profile"
    return "log in again, or choose another --profile"


def key_of(secret: str, kid: str | None, name: str) -> tuple[str, str]:
    """The key's id and the key.

    Raises:
        TokenError: without a part of the secret but its key ids.
    """
    try:
        keys = json.loads(secret)
    except ValueError:
        keys = {OF_A_BARE_KEY: secret.strip()}
    if not isinstance(keys, dict) or not keys:
        raise TokenError(f"the secret {name} is no JSON object of key id to key")
    chosen = kid or (next(iter(keys)) if len(keys) == 1 else None)
    listed = ", ".join(sorted(keys))
    if chosen is None:
        raise TokenError(f"the secret {name} has several keys; choose one with --kid: {listed}")
    key = keys.get(chosen)
    if not isinstance(key, str):
        raise TokenError(f"the secret {name} has no key {chosen}; it has {listed}")
    if len(key.encode()) < MINIMUM_KEY:
        raise TokenError(
            f"the key {chosen} of the secret {name} is shorter than {MINIMUM_KEY} bytes; the server refuses it"
        )
    return chosen, key


def signed(options: argparse.Namespace, kid: str, key: str, now: float) -> str:
    """The token.

    Raises:
        TokenError: if the server would refuse it for its size.
    """
    claims: dict[str, Any] = {
        "iss": options.issuer,
        "aud": options.audience,
        "sub": options.subject,
        "iat": int(now),
        "exp": int(now + options.hours * 3600),
        "buckets": options.bucket,
    }
    claims |= {name: given for name, given in (("permissions", options.permission), ("roles", options.role)) if given}
    token = jwt.encode(claims, key, algorithm="HS256", headers={"kid": kid})
    if len(token) > MAXIMUM_TOKEN:
        raise TokenError(f"the token has {len(token)} bytes, more than {MAXIMUM_TOKEN}; use patterns instead of names")
    return token


def main(arguments: Iterable[str] | None = None) -> int:
    """Exit codes: 0 with the token on standard output, 1 without one, 2 for a wrong command line."""
    found = parser()
    options = found.parse_args(list(arguments) if arguments is not None else None)
    wrong = problems(options)
    if wrong:
        found.error("; ".join(wrong))
    try:
        kid, key = key_of(read_secret(options), options.kid, options.secret)
        token = signed(options, kid, key, time.time())
    except TokenError as error:
        sys.stderr.write(f"quilt-mcp-token: {error}\n")
        return 1
    sys.stdout.write(f"{token}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
