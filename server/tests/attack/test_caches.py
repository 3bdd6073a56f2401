"""What the server, Python and its libraries keep of callers' data is bounded in bytes."""

import ast
import gc
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from conftest import KEY, environment, token
from server_process import SOURCE

from quilt_mcp_server.auth import tokens
from quilt_mcp_server.auth.principal import Principal
from quilt_mcp_server.auth.tokens import TokenVerifier
from quilt_mcp_server.aws import credentials
from quilt_mcp_server.aws.credentials import AssumedRoles
from quilt_mcp_server.aws.grants import Query
from quilt_mcp_server.bounded_cache import BoundedCache, weight
from quilt_mcp_server.config import load
from quilt_mcp_server.globs import is_granted, matcher
from quilt_mcp_server.quilt.locations import parse_object, parse_physical_key

MIB = 1024**2


@contextmanager
def growing_at_most(mebibytes: float) -> Iterator[None]:
    """The block leaves no more memory in use than that."""
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        yield
        gc.collect()
        grown = (tracemalloc.get_traced_memory()[0] - before) / MIB
    finally:
        tracemalloc.stop()
    assert grown < mebibytes, f"{grown:.1f} MiB"


def test_a_cache_holds_its_limits() -> None:
    cache = BoundedCache[int, str](3, 100)
    for key in range(5):
        cache.put(key, "x", 10)
    assert [cache.get(key) for key in range(5)] == [None, None, "x", "x", "x"]
    cache.get(2)
    cache.put(5, "y", 85)  # The one that was used last stays.
    assert [cache.get(key) for key in (2, 3, 4, 5)] == ["x", None, None, "y"]
    cache.put(6, "z", 101)
    assert (len(cache), cache.weight) == (0, 0)
    cache.put(7, "a", 50)
    cache.put(7, "b", 60)
    assert (cache.get(7), cache.weight) == ("b", 60)
    cache.forget(7)
    assert (len(cache), cache.weight) == (0, 0)


@pytest.mark.parametrize(
    "value",
    [
        "x" * 1000,
        tuple(f"bucket-{n}" for n in range(1000)),
        frozenset(f"action-{n}" for n in range(1000)),
        Principal("alice", tuple(f"bucket-{n}" for n in range(1000)), frozenset(f"s3:{n}" for n in range(1000))),
        ("role", "alice", "bucket", Query(tuple(f"b{n}" for n in range(100)), "s3://b/r")),
    ],
    ids=["text", "tuple", "set", "principal", "key"],
)
def test_weights_are_what_is_taken(value: Any) -> None:
    import copy
    import pickle

    raw = pickle.dumps(value)
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        kept = pickle.loads(raw)  # noqa: S301 - what the test has made
        taken = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert copy.copy(kept) == value
    assert taken * 0.6 < weight(value) < taken * 1.6 + 200


async def test_tokens_that_say_much() -> None:
    """A short form whose group is written before each of its names: 8 KB become megabytes."""
    verifier = TokenVerifier({"frontend-enhanced": KEY}, "quilt-frontend", "quilt-mcp-server")
    group = "g" * 2000
    names = [f"{n:02x}" for n in range(650)]
    made = [token(sub=f"user{n}", buckets=None, b={"_type": "groups", "_data": {group: names}}) for n in range(60)]
    assert len(made[0]) < tokens.MAXIMUM_BYTES
    with growing_at_most(tokens.REMEMBERED_BYTES / MIB * 1.5):
        for each in made:
            assert len((await verifier.verify(each)).buckets) == 650


async def test_credentials_of_users_with_long_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    role = "arn:aws:iam::123456789012:role/Reader"
    config = load(environment(QUILT_MCP_CREDENTIALS="assume_role", QUILT_MCP_ASSUME_ROLES=role))
    source = AssumedRoles(config)

    class Sts:
        async def assume_role(self, **_: Any) -> Any:
            until = datetime.now(UTC) + timedelta(hours=1)
            return {
                "Credentials": {
                    "AccessKeyId": "a",
                    "SecretAccessKey": "s",
                    "SessionToken": bytes(1000).hex(),
                    "Expiration": until,
                }
            }

    async def sts() -> Any:
        return Sts()

    monkeypatch.setattr(source._own, "sts", sts)
    with growing_at_most(credentials.CACHE_BYTES / MIB * 1.5):
        for number in range(3000):
            who = Principal(f"{number}".ljust(6000, "x"), expires=int(time.time()) + 600)
            await source.credentials(who, None)


SET = "[" + "".join(f"{chr(33 + n)}" for n in range(60) if chr(33 + n) not in "[]!-\\^") + "]"
FILLING: dict[str, tuple[Callable[[str], object], Callable[[int], str]]] = {
    "patterns": (lambda text: matcher(text)("x"), lambda n: f"{n:05}" + ("*a?" * 100)[:195]),
    "patterns of sets": (lambda text: matcher(text)("x"), lambda n: f"{n:05}" + (SET * 4)[: len(SET) * 3]),
    "patterns of tokens": (lambda text: is_granted(text, "quilt-example"), lambda n: f"{n:05}" + "*a?" * 2000),
    "addresses": (parse_object, lambda n: f"s3://quilt-example/{n:05}".ljust(1000, "x")),
    "addresses of versions": (parse_object, lambda n: f"s3://quilt-example/k?versionId={n:05}".ljust(1000, "x")),
    "places in manifests": (parse_physical_key, lambda n: f"s3://quilt-example/{n:05}".ljust(16_000, "é")),
}


@pytest.mark.parametrize("kind", FILLING)
def test_what_python_and_its_libraries_keep(kind: str) -> None:
    use, text = FILLING[kind]
    use(text(0))
    with growing_at_most(12):
        for number in range(1000):  # re keeps 512
            use(text(number))


def test_no_function_of_the_server_keeps_its_arguments() -> None:
    """functools.cache and lru_cache count entries, not bytes."""
    kept = []
    for path in sorted(Path(SOURCE).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                decorators = {ast.unparse(each).partition("(")[0].rpartition(".")[2] for each in node.decorator_list}
                if decorators & {"cache", "lru_cache"} and ast.unparse(node.args):
                    kept.append(f"{path.name}: {node.name}")
    assert kept == []
