"""Whose key signs a request: read from the Authorization header of what arrives at AWS."""

import asyncio
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from conftest import ACCOUNT, HOST, Running, environment, token

from quilt_mcp_server.auth.principal import AccessDeniedError, Principal
from quilt_mcp_server.aws.credentials import AssumedRoles, CredentialsError, session_name, session_policy
from quilt_mcp_server.aws.grants import Query
from quilt_mcp_server.config import load

READER = f"arn:aws:iam::{ACCOUNT}:role/Reader"
WRITER = f"arn:aws:iam::{ACCOUNT}:role/Writer"
LIST = b'<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name></ListBucketResult>'
ASSUMED = """<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
<AccessKeyId>key-of-{name}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t-{name}</SessionToken>
<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"""
DENIED = b"<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>"


class Aws:
    """STS and S3 as far as these tests need them, with a record of who signed what."""

    def __init__(self) -> None:
        self.assumed: list[dict[str, str]] = []
        self.signed: list[tuple[str, str]] = []  # access key, path
        self.refuse = False
        self.delay = 0.0  # seconds that S3 takes to answer
        aws = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                asked = {name: values[0] for name, values in parse_qs(body).items()}
                aws.assumed.append(asked | {"key": self._key()})
                if aws.refuse:
                    self._answer(403, DENIED)
                else:
                    self._answer(200, ASSUMED.format(name=asked["RoleSessionName"]).encode())

            def do_GET(self) -> None:
                aws.signed.append((self._key(), self.path))
                time.sleep(aws.delay)
                latest, manifest = "/.quilt/named_packages/" in self.path, "/.quilt/packages/" in self.path
                self._answer(200, b"a" * 64 if latest else b'{"version": "v0"}\n' if manifest else LIST)

            def _key(self) -> str:
                found = re.search(r"Credential=([^/]+)/", self.headers["Authorization"])
                return found[1] if found else ""

            def _answer(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("ETag", '"e"')
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    found = Aws()
    monkeypatch.setenv("AWS_ENDPOINT_URL", found.url)
    yield found
    found.stop()


@pytest.fixture
def server(aws: Aws, serve: Callable[..., Running]) -> Running:
    return serve(QUILT_MCP_CREDENTIALS="assume_role", QUILT_MCP_ASSUME_ROLES=READER)


def bearer(**claims: Any) -> str:
    return f"Bearer {token(**claims)}"


def test_requests_are_signed_as_the_caller_in_a_session_of_the_bucket(server: Running, aws: Aws) -> None:
    server.call("bucket_objects_list", {"bucket": "quilt-example"}, Authorization=bearer(sub="alice"))
    assert [key for key, _ in aws.signed] == ["key-of-alice"]
    (asked,) = aws.assumed
    assert (asked["RoleArn"], asked["RoleSessionName"], asked["SourceIdentity"]) == (READER, "alice", "alice")
    assert asked["key"] == "ambient"
    policy = json.loads(asked["Policy"])
    assert policy["Statement"][0]["Resource"] == ["arn:aws:s3:::quilt-example", "arn:aws:s3:::quilt-example/*"]


def test_a_session_is_kept_for_the_same_caller_and_bucket_only(server: Running, aws: Aws) -> None:
    claims: dict[str, Any] = {"buckets": ["quilt-example", "quilt-other"]}
    for sub, bucket in (("alice", "quilt-example"),) * 3 + (("alice", "quilt-other"), ("bob", "quilt-example")):
        server.call("bucket_objects_list", {"bucket": bucket}, Authorization=bearer(sub=sub, **claims))
    assert [asked["RoleSessionName"] for asked in aws.assumed] == ["alice", "alice", "bob"]
    assert [key for key, _ in aws.signed] == ["key-of-alice"] * 4 + ["key-of-bob"]


def test_the_ambient_role_is_never_used_when_the_callers_cannot_be_had(server: Running, aws: Aws) -> None:
    aws.refuse = True
    for _ in range(2):
        message = server.fail("bucket_objects_list", {"bucket": "quilt-example"})
        assert "AccessDenied" in message
    assert aws.signed == []
    assert len(aws.assumed) == 2, "a refusal is not remembered"


@pytest.mark.parametrize(
    "roles", [["Writer"], [WRITER], ["arn:aws:iam::999999999999:role/Reader"], ["*"], [READER + "/x"], ["reader"]]
)
def test_a_role_in_a_claim_selects_but_never_adds(server: Running, aws: Aws, roles: list[str]) -> None:
    message = server.fail("bucket_objects_list", {"bucket": "quilt-example"}, Authorization=bearer(roles=roles))
    assert "assumes only Reader" in message
    assert aws.assumed == []
    assert aws.signed == []


@pytest.mark.parametrize("roles", [["Reader"], [READER], ["Other", "Reader"], []])
def test_a_role_of_the_allowlist_is_chosen_by_name(server: Running, aws: Aws, roles: list[str]) -> None:
    server.call("bucket_objects_list", {"bucket": "quilt-example"}, Authorization=bearer(roles=roles))
    assert aws.assumed[0]["RoleArn"] == READER


def test_with_several_roles_the_token_must_choose(aws: Aws, serve: Callable[..., Running]) -> None:
    server = serve(QUILT_MCP_CREDENTIALS="", QUILT_MCP_ASSUME_ROLES=f"{READER},{WRITER}")
    assert "Reader, Writer" in server.fail("bucket_objects_list", {"bucket": "quilt-example"})
    server.call("bucket_objects_list", {"bucket": "quilt-example"}, Authorization=bearer(roles=["Writer"]))
    assert aws.assumed[0]["RoleArn"] == WRITER


async def test_two_hundred_users_at_once_each_sign_with_their_own_key(server: Running, aws: Aws) -> None:
    # Three requests under each grant (the tag, the manifest, and its check), with the other users' in between.
    aws.delay = 0.05
    users = [f"user-{number}" for number in range(200)]
    limits = httpx.Limits(max_connections=40)

    async with httpx.AsyncClient(base_url=server.url, timeout=60, limits=limits, trust_env=False) as http:

        async def call(user: str) -> None:
            name = f"bucket-of-{user}"
            body = {
                "jsonrpc": "2.0",
                "id": 1,
                "method": "tools/call",
                "params": {"name": "package_browse", "arguments": {"registry": name, "package_name": "a/b"}},
            }
            headers = {"Host": HOST, "Accept": "application/json", "Authorization": bearer(sub=user, buckets=[name])}
            answer = (await http.post("/mcp", json=body, headers=headers)).json()
            assert answer["result"]["structuredContent"]["registry"] == f"s3://{name}"

        await asyncio.gather(*map(call, users))
    assert len(aws.signed) == 600
    for key, path in aws.signed:
        assert path.startswith(f"/bucket-of-{key.removeprefix('key-of-')}/")


def test_the_task_role_is_used_when_it_was_chosen(aws: Aws, serve: Callable[..., Running]) -> None:
    server = serve(QUILT_MCP_CREDENTIALS="task_role")
    server.call("bucket_objects_list", {"bucket": "quilt-example"})
    assert [key for key, _ in aws.signed] == ["ambient"]
    assert "does not grant the bucket" in server.fail("bucket_objects_list", {"bucket": "quilt-other"})
    assert len(aws.signed) == 1


def test_without_credentials_the_task_role_is_an_error(
    aws: Aws, serve: Callable[..., Running], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    message = serve().fail("bucket_objects_list", {"bucket": "quilt-example"})
    assert "no AWS credentials of its own" in message
    assert aws.signed == []


async def test_the_cache_is_bounded(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quilt_mcp_server.aws.credentials.CACHE_ENTRIES", 3)
    source = AssumedRoles(load(environment(QUILT_MCP_ASSUME_ROLES=READER, QUILT_MCP_CREDENTIALS="")))
    for number in range(6):
        await source.credentials(Principal(f"u{number}"), "some-bucket")
    await source.credentials(Principal("u5"), "some-bucket")
    assert len(aws.assumed) == 6
    await source.credentials(Principal("u0"), "some-bucket")
    assert len(aws.assumed) == 7
    await source.close()


async def test_callers_wait_for_one_answer_and_a_cancelled_one_does_not_break_it(aws: Aws) -> None:
    source = AssumedRoles(load(environment(QUILT_MCP_ASSUME_ROLES=READER, QUILT_MCP_CREDENTIALS="")))
    tasks = [asyncio.create_task(source.credentials(Principal("uma"), "some-bucket")) for _ in range(5)]
    await asyncio.sleep(0)
    tasks[0].cancel()
    done = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(done[0], asyncio.CancelledError)
    assert {found.access_key for found in done[1:]} == {"key-of-uma"}  # type: ignore[union-attr]
    assert len(aws.assumed) == 1
    await source.close()


def test_no_role_without_a_choice() -> None:
    source = AssumedRoles(load(environment(QUILT_MCP_ASSUME_ROLES=READER, QUILT_MCP_CREDENTIALS="")))
    with pytest.raises(AccessDeniedError):
        source._role_of(Principal("u", roles=("Admin",)))


@pytest.mark.parametrize(
    "subject", ["alice", "a@b.example", "a", "", "ünï", "x" * 65, "a b", "a/b", "a:b", "\n", "x" * 5000]
)
def test_session_names_are_accepted_by_sts(subject: str) -> None:
    assert re.fullmatch(r"[\w+=,.@-]{2,64}", session_name(subject), re.ASCII)


def test_session_names_of_different_subjects_differ() -> None:
    subjects = ["a b", "a-b", "a/b", "a:b", "x" * 64, "x" * 65, "x" * 66]
    # Who may choose a subject may choose the name that stands for another one.
    subjects += [session_name(subject) for subject in subjects]
    subjects = [*dict.fromkeys(subjects)]
    assert len({session_name(subject) for subject in subjects}) == len(subjects)


def test_a_session_policy_fits_into_the_request() -> None:
    assert len(session_policy("aws-us-gov", "b" * 63)) <= 2048
    assert len(session_policy("aws", None)) <= 2048


@pytest.mark.parametrize("bucket", ["quilt-a", None])
def test_a_session_may_use_the_keys_of_its_role_by_way_of_s3(bucket: str | None) -> None:
    *_, keys = json.loads(session_policy("aws", bucket))["Statement"]
    assert keys["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"]
    assert "s3.*" in keys["Condition"]["StringLike"]["kms:ViaService"]


async def test_two_roles_of_one_name_are_distinguished_by_their_arns() -> None:
    prod, dev = (f"arn:aws:iam::{n * 12}:role/{path}/Reader" for n, path in (("1", "prod"), ("2", "dev")))
    source = AssumedRoles(load(environment(QUILT_MCP_ASSUME_ROLES=f"{prod},{dev}", QUILT_MCP_CREDENTIALS="")))
    assert [source._role_of(Principal("alice", roles=(arn,))) for arn in (prod, dev)] == [prod, dev]
    for roles in ((), ("Reader",)):
        with pytest.raises(AccessDeniedError):
            source._role_of(Principal("alice", roles=roles))


def test_a_querys_session_reaches_its_tables_and_its_results_only() -> None:
    policy = session_policy("aws", None, Query(("quilt-a", "quilt-b"), "s3://quilt-results/athena/"))
    statements = json.loads(policy)["Statement"]
    read = next(item for item in statements if "s3:Get*" in item["Action"])
    assert read["Resource"] == [f"arn:aws:s3:::quilt-{x}{end}" for x in "ab" for end in ("", "/*")]
    written = [item["Resource"] for item in statements if "s3:PutObject" in item["Action"]]
    assert written == ["arn:aws:s3:::quilt-results/athena/*"]
    rows = json.loads(session_policy("aws", None, Query((), "s3://quilt-results/athena/x.csv")))["Statement"]
    assert "arn:aws:s3:::quilt-results/athena/x.csv*" in [item["Resource"] for item in rows]
    with pytest.raises(CredentialsError, match="too many buckets"):
        session_policy("aws", None, Query(tuple(f"quilt-bucket-number-{n}" for n in range(40)), "s3://quilt-results/"))
