"""Every tool with what its own input schema allows, and with what it does not: no 500, no trace, no crash.

The examples are the same every time. FUZZ_EXAMPLES=1000 tries more of them for each tool.
"""

import json
import logging
import os
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from conftest import HOST, Running, token
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis_jsonschema import from_schema
from tool_table import listed_tools
from tools.account import Account, lay
from tools.sample import all_samples

Document = dict[str, Any]
CRASH = "internal server error"
# What no answer to a caller ever holds.
TRACES = ("Traceback", 'File "', "site-packages", "object at 0x", "errors.pydantic.dev", "NoneType", "UnicodeEncode")
fuzz = settings(
    max_examples=int(os.environ.get("FUZZ_EXAMPLES", "25")),
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None), max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=8,
)


class Crashes(logging.Handler):
    """What the server, which runs in this process, shows its operator only: exceptions that nothing foresaw."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


CRASHES = Crashes()


TOOLS = {tool.name: tool.listed for tool in listed_tools()}
SAMPLES = all_samples()
by_tool = pytest.mark.parametrize("tool", TOOLS)


@pytest.fixture(scope="module")
def account(sampled: Running, _moto: str) -> Iterator[Account]:
    """Laid once: what the examples do to it is part of the attack."""
    logging.getLogger().addHandler(CRASHES)
    yield lay(_moto, sampled)
    logging.getLogger().removeHandler(CRASHES)


@pytest.fixture(scope="module")
def world(sampled: Running, account: Account) -> Running:
    """The server on that account."""
    return sampled


@pytest.fixture
def good(account: Account, tool: str) -> Document:
    """Good values, so that what is made up reaches the code behind the first check."""
    values: Document = account.fill(SAMPLES[tool].arguments)
    return values | {name: None for name in TOOLS[tool]["inputSchema"]["properties"] if name == "cursor"}


def send(server: Running, method: str, params: object) -> Document:
    """The answer to a JSON-RPC request, whatever is in it."""
    # Escapes keep lone surrogates, which JSON allows, in one piece.
    raw = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
    return answered(server, raw.encode(), f"{method} {raw[:300]}")


def answered(server: Running, body: bytes, asked: str, **headers: str) -> Document:
    """A JSON-RPC answer that shows nothing of the inside of this server."""
    base = {"Host": HOST, "Accept": "application/json", "Content-Type": "application/json"}
    base["Authorization"] = f"Bearer {token()}"
    encoded = {name.encode(): value.encode() for name, value in (base | headers).items()}
    CRASHES.records.clear()
    response = server.http.post("/mcp", content=body, headers=encoded)
    assert response.status_code in (200, 202, 400, 404, 413), (asked, response.status_code, response.text)
    assert not any(trace in response.text for trace in TRACES), (asked, response.text)
    assert CRASH not in response.text, (asked, response.text)
    found: Document = response.json() if response.content else {}
    assert not CRASHES.records, (asked, [CRASHES.format(each) for each in CRASHES.records])
    return found


def call(server: Running, tool: str, arguments: object) -> None:
    """A tool call that ends as the tool's schema says, or with a sentence."""
    answer = send(server, "tools/call", {"name": tool, "arguments": arguments})
    if "error" in answer:
        return
    result = answer["result"]
    if not result["isError"]:
        jsonschema.validate(result["structuredContent"], TOOLS[tool]["outputSchema"])
    else:
        assert 10 < len(result["content"][0]["text"]) < 5000, result


@by_tool
def test_arguments_of_the_schema(world: Running, tool: str) -> None:
    @fuzz
    @given(from_schema(TOOLS[tool]["inputSchema"]))
    def attack(arguments: Document) -> None:
        call(world, tool, arguments)

    attack()


@by_tool
def test_arguments_of_the_schema_with_some_that_are_good(world: Running, good: Document, tool: str) -> None:
    """All that it requires, but for one, and some others."""
    schema = TOOLS[tool]["inputSchema"]
    usable = sorted(good)
    required = set(schema.get("required", ()))

    @fuzz
    @given(from_schema(schema), st.sets(st.sampled_from(usable)) if usable else st.just(set()), st.data())
    def attack(arguments: Document, chosen: set[str], data: st.DataObject) -> None:
        bad = data.draw(st.sampled_from([*sorted(required), None]))
        call(world, tool, arguments | {name: good[name] for name in (chosen | required) - {bad}})

    attack()


@by_tool
def test_arguments_of_any_kind(world: Running, good: Document, tool: str) -> None:
    names = st.sampled_from([*TOOLS[tool]["inputSchema"]["properties"], "self", "context", "ctx"])

    @fuzz
    @given(st.dictionaries(names, ANYTHING | st.sampled_from([*good.values(), None]), max_size=5) | ANYTHING)
    def attack(arguments: object) -> None:
        call(world, tool, arguments)

    attack()


def test_other_methods(world: Running) -> None:
    texts = st.text(st.characters(codec=None), max_size=60)
    uri = st.one_of(
        texts,
        st.builds("quilt+s3://{}#package={}&path={}".format, texts, texts, texts),
        st.builds("quilt+s3://quilt-example#package=team/data{}".format, texts),
    )
    argument = st.fixed_dictionaries({"name": st.sampled_from(["bucket", "name", "database", "table"]), "value": texts})
    context = st.fixed_dictionaries({"bucket": texts, "database": texts})
    completion = st.fixed_dictionaries(
        {
            "ref": st.just({"type": "ref/resource", "uri": "quilt+s3://{bucket}#package={name}"}),
            "argument": argument,
            "context": st.fixed_dictionaries({"arguments": context}),
        }
    )
    prompt = st.fixed_dictionaries(
        {"name": texts | st.just("explore_bucket"), "arguments": st.dictionaries(texts | st.just("bucket"), texts)}
    )

    @settings(fuzz, max_examples=4 * fuzz.max_examples)
    @given(
        st.one_of(
            st.tuples(st.just("resources/read"), st.fixed_dictionaries({"uri": uri})),
            st.tuples(st.just("completion/complete"), completion),
            st.tuples(st.just("prompts/get"), prompt),
            st.tuples(st.sampled_from(["tools/list", "resources/list", "initialize", "server/discover"]), ANYTHING),
            st.tuples(texts, ANYTHING),
        )
    )
    def attack(asked: tuple[str, object]) -> None:
        send(world, *asked)

    attack()


@pytest.mark.parametrize("revision", ["2025-11-25", "2026-07-28"])
def test_bodies_that_are_no_requests(world: Running, revision: str) -> None:
    message = st.fixed_dictionaries({}, optional={name: ANYTHING for name in ("jsonrpc", "id", "method", "params")})

    @settings(fuzz, max_examples=4 * fuzz.max_examples)
    @given(st.binary(max_size=60) | ANYTHING.map(lambda value: json.dumps(value).encode()) | message.map(_encoded))
    def attack(body: bytes) -> None:
        answered(world, body, repr(body), **{"MCP-Protocol-Version": revision, "Mcp-Method": "tools/list"})

    attack()


def _encoded(message: Document) -> bytes:
    return json.dumps({"jsonrpc": "2.0", **message}).encode()


def test_manifests_of_any_content(world: Running, _moto: str) -> None:
    """What somebody else wrote into the caller's bucket."""
    import boto3

    s3 = boto3.client("s3", endpoint_url=_moto, region_name="us-east-1")
    deep: Document = {}
    for _ in range(400):
        deep = {"x": deep}
    odd = (
        ANYTHING | st.just(deep) | st.sampled_from([10**400, "\ud800", "s3://quilt-secret/k", ["s3://[/"], ["s3:///"]])
    )
    fields = ("logical_key", "physical_keys", "size", "hash", "meta", "version", "user_meta", "message")
    sound = {"logical_key": "a", "physical_keys": ["s3://quilt-example/objects/a.csv"], "size": 1}
    line = st.fixed_dictionaries({}, optional=dict.fromkeys(fields, odd)).map(lambda given: sound | given) | odd
    asked = {"registry": "quilt-example", "package_name": "team/data"}

    @settings(fuzz, max_examples=2 * fuzz.max_examples)
    @given(st.lists(line, min_size=1, max_size=4), st.binary(max_size=4))
    def attack(manifest: list[object], rest: bytes) -> None:
        body = "\n".join(map(json.dumps, manifest)).encode() + rest
        s3.put_object(Bucket="quilt-example", Key=f".quilt/packages/{'e' * 64}", Body=body)
        for tool, arguments in (
            ("package_browse", {"top_hash": "e" * 64, "include_meta": True}),
            ("package_entries_search", {"top_hash": "e" * 64, "pattern": "*"}),
            ("package_diff", {"before": "e" * 64}),
        ):
            call(world, tool, asked | arguments)
        for path in ("", "&path=a"):
            send(world, "resources/read", {"uri": f"quilt+s3://quilt-example#package=team/data@{'e' * 64}{path}"})

    attack()


@pytest.mark.parametrize("depth", [300, 10_000, 100_000])
def test_nested_deeply(world: Running, depth: int) -> None:
    deep = "[" * depth + "]" * depth
    for body in (
        deep,
        f'{{"jsonrpc":"2.0","id":1,"method":"ping","params":{deep}}}',
        f'{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"whoami","arguments":{{"x":{deep}}}}}}}',
        f'{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"bucket_objects_put","arguments":'
        f'{{"bucket":"quilt-example","objects":{deep}}}}}}}',
    ):
        answered(world, body.encode(), body[:200])


@pytest.mark.parametrize("revision", ["", "2025-11-25", "2026-07-28", "1999-01-01", "2025-11-25, 2026-07-28", "é"])
def test_revisions(world: Running, revision: str) -> None:
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}).encode()
    answered(world, body, revision, **{"MCP-Protocol-Version": revision})
