"""Packages of a registry that has workflows. That quilt3 says the same: tests/oracle."""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import tracemalloc
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from conftest import Running, environment, token
from mcp.server.mcpserver.exceptions import ToolError
from server_process import SOURCE

from quilt_mcp_server.auth.principal import Principal, current_principal
from quilt_mcp_server.aws import Gateway
from quilt_mcp_server.config import load
from quilt_mcp_server.quilt import workflow_check
from quilt_mcp_server.quilt.draft import Draft
from quilt_mcp_server.tools import groups
from quilt_mcp_server.workflows import Workflow, Workflows

CONFIG = """
version: "1"
default_workflow: plain
is_workflow_required: %(required)s
workflows:
  plain:
    name: Plain
  strict:
    name: Strict
    description: All rules
    handle_pattern: ^lab/
    is_message_required: true
    metadata_schema: meta
    entries_schema: entries
  broken:
    name: Broken
    metadata_schema: nowhere
  foreign:
    name: Foreign
    metadata_schema: foreign
  evil:
    name: Evil
    handle_pattern: (a+a+)+$
schemas:
  meta:
    url: s3://quilt-example/schemas/meta.json
  entries:
    url: s3://quilt-example/schemas/entries%%20of%%20packages.json
  foreign:
    url: s3://quilt-secret/meta.json
"""
META = {"type": "object", "required": ["title"], "properties": {"title": {"type": "string"}}}
ENTRIES = {
    "type": "array",
    "contains": {"properties": {"logical_key": {"const": "README.md"}}},
    "items": {"properties": {"size": {"maximum": 10}, "meta": {"required": ["kind"]}}},
}
README = {"s3_uri": "s3://quilt-example/README.md", "meta": {"kind": "text"}}
GOOD = {"entries": [README], "metadata": {"title": "t"}, "message": "m", "workflow": "strict"}


@pytest.fixture
def registry(s3: Any) -> Any:
    """A registry with workflows."""
    put(s3, ".quilt/workflows/config.yml", CONFIG % {"required": "true"})
    put(s3, "schemas/meta.json", json.dumps(META))
    put(s3, "schemas/entries of packages.json", json.dumps(ENTRIES))
    put(s3, "README.md", "read me")
    put(s3, "large", "x" * 11)
    return s3


def put(s3: Any, key: str, body: str) -> None:
    s3.put_object(Bucket="quilt-example", Key=key, Body=body.encode())


def make(**more: Any) -> dict[str, Any]:
    return {"registry": "quilt-example", "package_name": "lab/data"} | GOOD | more


def header(s3: Any, name: str = "lab/data") -> dict[str, Any]:
    key = f".quilt/named_packages/{name}/latest"
    top_hash = s3.get_object(Bucket="quilt-example", Key=key)["Body"].read().decode()
    body = s3.get_object(Bucket="quilt-example", Key=f".quilt/packages/{top_hash}")["Body"].read()
    found: dict[str, Any] = json.loads(body.splitlines()[0])
    return found


def nothing_written(s3: Any) -> bool:
    return "Contents" not in s3.list_objects_v2(Bucket="quilt-example", Prefix=".quilt/named_packages/")


def test_a_package_that_obeys_keeps_what_it_obeyed(server: Running, registry: Any) -> None:
    server.call("package_create", make())
    base = "s3://quilt-example/"
    assert header(registry)["workflow"] == {
        "id": "strict",
        "config": f"{base}.quilt/workflows/config.yml",
        "schemas": {"meta": f"{base}schemas/meta.json", "entries": f"{base}schemas/entries%20of%20packages.json"},
    }


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"package_name": "other/data"}, "match '^lab/'"),
        ({"message": None}, "requires a message"),
        ({"message": ""}, "requires a message"),
        ({"metadata": {"title": 1}}, "title: 1 is not of type 'string'"),
        ({"metadata": None}, "'title' is a required property"),
        ({"entries": [README | {"meta": {}}]}, "0.meta: 'kind' is a required property"),
        ({"entries": [README, README | {"s3_uri": "s3://quilt-example/large"}]}, "1.size: 11 is greater"),
        ({"entries": [README | {"logical_key": "other"}]}, "None of ["),
        ({"workflow": "unknown"}, "it has: broken, evil, foreign, plain, strict"),
        ({"workflow": "(none)"}, "need a workflow"),
        ({"workflow": "broken"}, "'nowhere', which is not among the schemas"),
        ({"workflow": "foreign"}, "does not grant the bucket 'quilt-secret'"),
    ],
)
def test_what_a_workflow_refuses(server: Running, registry: Any, more: dict[str, Any], said: str) -> None:
    assert said in server.fail("package_create", make(**more))
    assert nothing_written(registry)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"message": None}, "requires a message"),
        ({"metadata": {"title": 1}}, "title: 1 is not of type 'string'"),
        ({"entries": [README | {"meta": {}}]}, "0.meta: 'kind' is a required property"),
    ],
)
def test_what_a_workflow_refuses_of_an_update(server: Running, registry: Any, more: dict[str, Any], said: str) -> None:
    server.call("package_create", make(workflow=None))
    before = header(registry)
    assert said in server.fail("package_update", make(**more))
    assert header(registry) == before


def test_a_package_of_a_prefix_obeys_too(server: Running, registry: Any) -> None:
    asked = {"source_bucket": "quilt-example", "package_name": "lab/data", "source_prefix": "README"}
    assert "requires a message" in server.fail("package_create_from_s3", asked | {"workflow": "strict"})
    server.call("package_create_from_s3", asked)
    assert header(registry)["workflow"]["id"] == "plain"


def test_what_an_update_leaves_is_checked_too(server: Running, registry: Any) -> None:
    server.call("package_create", make(workflow=None, metadata={"title": 5}))
    new = README | {"logical_key": "other", "meta": {"kind": "x"}}
    asked = make(entries=[new], metadata=None)
    assert "title: 5 is not" in server.fail("package_update", asked)
    assert "None of [" in server.fail("package_update", asked | {"remove": ["README.md"], "metadata": {"title": ""}})


def test_a_package_may_do_without_where_none_is_required(server: Running, registry: Any) -> None:
    put(registry, ".quilt/workflows/config.yml", CONFIG % {"required": "false"})
    server.call("package_create", make(workflow="(none)"))
    assert header(registry)["workflow"] == {"id": None, "config": "s3://quilt-example/.quilt/workflows/config.yml"}


def test_an_update_leaves_the_old_workflow_behind(server: Running, registry: Any) -> None:
    server.call("package_create", make())
    server.call("package_update", make(workflow=None))
    assert header(registry)["workflow"]["id"] == "plain"
    registry.delete_object(Bucket="quilt-example", Key=".quilt/workflows/config.yml")
    server.call("package_update", make(workflow=None))
    assert "workflow" not in header(registry)


def test_without_workflows_none_can_be_named(server: Running, s3: Any) -> None:
    put(s3, "README.md", "read me")
    assert "has no workflows" in server.fail("package_create", make())
    server.call("package_create", make(workflow=None))
    assert "workflow" not in header(s3)


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("{", "not YAML"),
        ("version: '1'", "'workflows' is a required property"),
        ("version: '1.2'\nworkflows: {a: {name: A}}", "version 1.2"),
        ("version: '1'\nworkflows: {a: {name: A, surprise: 1}}", "workflows.a: Additional properties"),
        ("version: '1'\nworkflows: {1: {name: A}}", "1 is not of type 'string'"),
        ("version: '1'\ndefault_workflow: b\nworkflows: {a: {name: A}}", "no workflow 'b'"),
        ("version: '1'\nworkflows: {a: {name: A, handle_pattern: '('}}\ndefault_workflow: a", "no regular expression"),
        # Required unless it says otherwise.
        ("version: '1'\nworkflows: {a: {name: A}}", "need a workflow"),
        ("!!python/object/apply:os.system [exit]", "not YAML"),
        ("x" * 300_000, "longer than"),
    ],
)
def test_a_configuration_that_is_none_lets_nothing_pass(server: Running, registry: Any, config: str, said: str) -> None:
    put(registry, ".quilt/workflows/config.yml", config)
    assert said in server.fail("package_create", make(workflow=None))
    assert nothing_written(registry)


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ("{", "not JSON"),
        ('{"type": "unknown"}', "the schema itself is not valid"),
        ('{"properties": {"a": {"$ref": "http://169.254.169.254/"}}}', "$ref"),
        ('{"$schema": "https://json-schema.org/draft/2020-12/schema"}', "not of draft 7"),
        ("false", "False schema does not allow"),
    ],
)
def test_a_schema_that_is_none_lets_nothing_pass(server: Running, registry: Any, schema: str, said: str) -> None:
    put(registry, "schemas/meta.json", schema)
    assert said in server.fail("package_create", make())
    assert nothing_written(registry)


def test_a_schema_that_is_missing(server: Running, registry: Any) -> None:
    registry.delete_object(Bucket="quilt-example", Key="schemas/meta.json")
    assert "there is no s3://quilt-example/schemas/meta.json" in server.fail("package_create", make())


BOMB = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12)
)


@pytest.mark.parametrize("attack", ["pattern", "aliases", "schema"])
def test_rules_that_take_for_ever_hold_up_nobody(
    server: Running, registry: Any, monkeypatch: pytest.MonkeyPatch, attack: str
) -> None:
    monkeypatch.setattr("quilt_mcp_server.workflows.CHECK_SECONDS", 3)
    asked = make(package_name="lab/" + "a" * 60 + "-", workflow="evil")
    if attack == "aliases":
        put(registry, ".quilt/workflows/config.yml", BOMB)
    elif attack == "schema":
        asked = make(metadata={"title": "a" * 60 + "!"})
        put(registry, "schemas/meta.json", json.dumps({"properties": {"title": {"pattern": "(a+a+)+$"}}}))
    with _Calls(server) as calls:
        answer = server.fail("package_create", asked)
    assert "time and memory" in answer or "not valid" in answer
    assert calls.slowest < 2, calls.slowest
    assert nothing_written(registry)


class _Calls:
    """Goes on calling a cheap tool from another thread, and keeps the longest time that it took."""

    def __init__(self, server: Running) -> None:
        import threading

        self._server, self._end = server, threading.Event()
        self._thread = threading.Thread(target=self._go_on)
        self.slowest = 0.0

    def _go_on(self) -> None:
        import time

        while not self._end.is_set():
            started = time.monotonic()
            self._server.call("whoami")
            self.slowest = max(self.slowest, time.monotonic() - started)
            self._end.wait(0.02)

    def __enter__(self) -> "_Calls":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()


def test_the_check_knows_none_of_the_servers_secrets(
    server: Running, registry: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import asyncio

    seen: list[dict[str, str]] = []
    real = asyncio.create_subprocess_exec

    async def spy(*arguments: Any, **more: Any) -> Any:
        seen.append(more["env"])
        return await real(*arguments, **more)

    monkeypatch.setattr(asyncio, "create_subprocess_exec", spy)
    server.call("package_create", make())
    assert seen and all(set(env) == {"PYTHONPATH"} for env in seen)


def test_a_check_of_the_package_says_what_the_workflow_says(server: Running, registry: Any) -> None:
    server.call("package_create", make())
    asked = {"registry": "quilt-example", "package_name": "lab/data"}
    assert server.call("package_validate", asked)["problems"] == []
    put(registry, "schemas/meta.json", json.dumps(META | {"required": ["owner"]}))
    [problem] = server.call("package_validate", asked)["problems"]
    assert problem["logical_key"] is None and "'owner' is a required" in problem["problem"]


def test_too_many_entries_to_check(server: Running, registry: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quilt_mcp_server.workflows.MAXIMUM_ENTRIES", 1)
    two = [README, README | {"logical_key": "b"}]
    assert "too many to hold against it" in server.fail("package_create", make(entries=two))
    assert nothing_written(registry)


def test_too_much_metadata_to_check(server: Running, registry: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quilt_mcp_server.workflows.MAXIMUM_BYTES", 1000)
    large = README | {"meta": {"kind": "x" * 1000}}
    assert "at most 1000 bytes" in server.fail("package_create", make(entries=[large]))
    assert nothing_written(registry)
    server.call("package_create", make())


async def test_many_entries_are_never_objects_all_at_once() -> None:
    """10,000 entries with 700 bytes of metadata each, which as objects would take ten times their bytes."""
    meta = {"user_meta": {f"channel_{n}": [n, n * 2.5] for n in range(30)}}
    digest = {"type": "SHA256", "value": "0" * 64}
    asked: list[str] = []

    class Watched(Workflows):
        async def _ask(self, question: Callable[[], Awaitable[str]]) -> dict[str, Any]:
            asked.append(await question())
            return {}

    with Draft({"version": "v0"}) as draft:
        for n in range(10_000):
            draft.entry(
                {"logical_key": f"{n:06}", "physical_keys": ["s3://b/k"], "size": 1, "hash": digest, "meta": meta}
            )
        tracemalloc.start()
        try:
            await Watched(None).check_entries(Workflow(None, None, "{}"), draft)  # type: ignore[arg-type]  # asks nobody
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    (question,) = asked
    assert len(question) > 5_000_000 and len(json.loads(question)["value"]) == 10_000
    assert peak < 5 * len(question)


def test_all_tools_share_the_turns_of_checks() -> None:
    config = load(environment())
    held = {id(group._workflows) for group in groups(config, Gateway(config)) if hasattr(group, "_workflows")}
    assert len(held) == 1


def test_a_check_has_less_memory_than_the_server() -> None:
    """Two at once, next to a server that may take 256 MiB of 512."""
    question = f'{{"do": "check", "schema": "{{}}", "value": [{"{}," * 3_000_000}0]}}'
    done = subprocess.run(
        [sys.executable, "-P", workflow_check.__file__], input=question, text=True, capture_output=True
    )
    assert done.returncode != 0
    assert workflow_check.MAXIMUM_MEMORY * 2 <= 256 * 1024**2


def test_the_configuration_is_read_as_the_caller(server: Running, registry: Any) -> None:
    bearer = f"Bearer {token(buckets=['quilt-example'], permissions=['s3:PutObject'])}"
    assert "s3:GetObject" in server.fail("package_create", make(), Authorization=bearer)


def test_a_check_runs_behind_the_server() -> None:
    """At the lowest priority, so that hostile patterns do not take the server's share of the processor."""
    program = (
        "import os, resource; from quilt_mcp_server.quilt import workflow_check; before = os.nice(0); "
        "workflow_check._limit(); print(os.nice(0) - before)"
    )
    found = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env={"PYTHONPATH": str(SOURCE)}
    )
    assert int(found.stdout) >= 19 - os.nice(0)


async def test_checks_of_a_user_wait_for_each_other_alone() -> None:
    """While mallory's checks take their time, and more of them wait, bob's is made."""
    workflows = Workflows(None)  # type: ignore[arg-type]  # asks nobody
    slow, end = {"do": "choose", "config": CONFIG, "workflow": None, "name": "a/b", "message": "m"}, asyncio.Event()
    made: list[str] = []

    async def ask(user: str) -> None:
        async def question() -> str:
            made.append(user)
            if user == "mallory":
                await end.wait()
            return json.dumps(slow)

        current_principal.set(Principal(user))
        with contextlib.suppress(ToolError):
            await workflows._ask(question)

    tasks = [asyncio.create_task(ask("mallory")) for _ in range(5)]
    await asyncio.sleep(0)
    await asyncio.wait_for(ask("bob"), 10)
    assert made == ["mallory", "bob"]
    end.set()
    await asyncio.gather(*tasks)
    assert made.count("mallory") == 5
