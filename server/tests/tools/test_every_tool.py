"""What holds for every registered tool, tried with its sample."""

import importlib
import inspect
import json
import pkgutil
import re
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from conftest import Running, token
from tool_table import ENVIRONMENT, listed_tools

import quilt_mcp_server.tools
from quilt_mcp_server.aws import Gateway
from quilt_mcp_server.config import load
from quilt_mcp_server.protocol.tool import declared_tools, tools_of
from quilt_mcp_server.tools import groups
from tools.account import BUCKET, DATABASE, FOREIGN_BUCKET, FOREIGN_DATABASE, SECRET, Account, lay
from tools.sample import Document, Sample, all_samples, holds

TOOLS = {tool.name: tool.listed for tool in listed_tools()}
SAMPLES = all_samples()
every_tool = pytest.mark.parametrize("tool", TOOLS)


@pytest.fixture
def account(_moto: str, sampled: Running) -> Account:
    return lay(_moto, sampled)


def sample(tool: str) -> Sample:
    """The tool's sample."""
    if tool not in SAMPLES:
        pytest.fail(f"the tool {tool} has no sample; add one to tests/tools/samples/ in the file named like the tool's")
    return SAMPLES[tool]


def outcome(server: Running, tool: str, arguments: Document) -> tuple[bool, Any]:
    """Whether the call fails, and its message or its result."""
    result = server.rpc("tools/call", {"name": tool, "arguments": arguments})
    if result["isError"]:
        return True, result["content"][0]["text"]
    return False, result["structuredContent"]


@every_tool
def test_every_tool_has_a_sample(tool: str) -> None:
    given = set(sample(tool).arguments)
    accepted = set(TOOLS[tool]["inputSchema"]["properties"])
    assert given == accepted - {"cursor"}, f"the sample of {tool} must give every argument but cursor, and no other"


def test_every_sample_is_of_a_tool() -> None:
    assert set(SAMPLES) <= set(TOOLS)


def test_every_group_is_registered() -> None:
    """A class with tools that `groups` leaves out would be tools that nobody is shown."""
    config = load(ENVIRONMENT)
    registered = {type(group) for group in groups(config, Gateway(config))}
    for module in pkgutil.iter_modules(quilt_mcp_server.tools.__path__):
        name = f"{quilt_mcp_server.tools.__name__}.{module.name}"
        for _, found in inspect.getmembers(importlib.import_module(name), inspect.isclass):
            if found.__module__ == name and declared_tools(found):
                assert found in registered, f"{name}.{found.__name__} is not in quilt_mcp_server.tools.groups"


@every_tool
def test_results_are_as_the_list_says(sampled: Running, account: Account, tool: str) -> None:
    result = sampled.call(tool, account.fill(sample(tool).arguments))
    schema = TOOLS[tool]["outputSchema"]
    jsonschema.validate(result, schema)
    # The list names nothing that never comes, and nothing comes that it does not name.
    assert set(result) == set(schema["properties"])
    assert holds(result, sample(tool).answer), result


def test_a_result_that_is_not_as_the_list_says_is_noticed() -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"buckets": [1]}, TOOLS["bucket_list"]["outputSchema"])


@every_tool
def test_a_foreign_bucket_is_refused_everywhere(sampled: Running, account: Account, tool: str) -> None:
    """And a foreign database, and somebody else's query: each in place of the caller's own in the sample."""
    own, refused = sample(tool).arguments, sample(tool).refused
    for arguments in account.foreign(own):
        failed, answered = outcome(sampled, tool, account.fill(arguments))
        assert failed or (refused and holds(answered, refused)), (arguments, answered)
        assert SECRET not in str(answered), arguments
    shown = str(outcome(sampled, tool, account.fill(own))[1])
    assert not any(name in shown for name in (FOREIGN_BUCKET, FOREIGN_DATABASE, SECRET))


def test_foreign_things_are_put_in_place_of_own_ones() -> None:
    account = Account("own", "foreign")
    found = account.foreign({"registry": "s3://quilt-example", "entries": [{"s3_uri": "s3://quilt-example/k", "n": 1}]})
    assert {"registry": "quilt-secret", "entries": [{"s3_uri": "s3://quilt-example/k", "n": 1}]} in found
    assert {"registry": "s3://quilt-example", "entries": [{"s3_uri": "s3://quilt-secret/k", "n": 1}]} in found
    assert {"database": FOREIGN_DATABASE, "n": 1} in account.foreign({"database": DATABASE, "n": 1})
    assert account.foreign(account.fill({"execution_id": "other", "n": 1})) == []


ABSENT = object()
Place = tuple[str, ...]
# Without it the tool does not know what to do, which it says.
NEEDED = {("package_delete", "top_hash")}


def optional_places(schema: Document, inside: Place = ()) -> Iterator[Place]:
    """Every argument that may be left out, and everything that may be in an object of a list of objects."""
    for name, of_argument in schema.get("properties", {}).items():
        if name not in schema.get("required", ()):
            yield (*inside, name)
        if "properties" in of_argument.get("items", {}):
            yield from optional_places(of_argument["items"], (*inside, name))


def put(arguments: Any, place: Place, value: object) -> Any:
    """The arguments with a value at a place, in each object of a list on the way to it."""
    if isinstance(arguments, list):
        return [put(each, place, value) for each in arguments]
    name, *rest = place
    if rest:
        return arguments | {name: put(arguments[name], tuple(rest), value)}
    less = {each: kept for each, kept in arguments.items() if each != name}
    return less if value is ABSENT else less | {name: value}


def comparable(answer: tuple[bool, Any]) -> tuple[bool, Any]:
    """An answer without what is another in each call: the id of a query, the time and the signature of a link."""
    failed, result = answer
    if not failed:
        result.pop("execution_id", None)
        if result.pop("expires", None):
            result["url"] = re.findall("X-Amz-Expires=[0-9]+", result["url"])
    return failed, result


def guards(tool: str) -> frozenset[str]:
    """The tool's arguments that must not be empty, which are few: each is named here."""
    assert {name: options.guards for name, options in OPTIONS.items() if options.guards} == {
        "package_update": {"top_hash"}
    }
    return OPTIONS[tool].guards


@every_tool
def test_absent_null_and_empty_are_the_same(sampled: Running, account: Account, _moto: str, tool: str) -> None:
    """Of every optional argument that the list shows, so of a new one too."""
    own, places = sample(tool).arguments, list(optional_places(TOOLS[tool]["inputSchema"]))
    for place in places:
        answers = []
        for value in (ABSENT, None, ""):
            if not TOOLS[tool]["annotations"]["readOnlyHint"]:
                account = lay(_moto, sampled)
            answers.append(comparable(outcome(sampled, tool, account.fill(put(own, place, value)))))
        absent, null, empty = answers
        assert absent[0] == ((tool, *place) in NEEDED), (place, absent)
        assert null == absent, place
        if place[-1] in guards(tool):
            assert empty[0] and f"{tool}: {place[-1]}" in empty[1]
        else:
            assert empty == absent, place


def test_every_optional_place_is_found() -> None:
    found = {tool: set(optional_places(TOOLS[tool]["inputSchema"])) for tool in TOOLS}
    assert ("entries", "logical_key") in found["package_create"] and ("objects", "encoding") in found[
        "bucket_objects_put"
    ]
    assert ("top_hash",) in found["package_update"] and ("registry",) not in found["package_update"]
    assert sum(map(len, found.values())) > 60
    # The sample has a value for each, which the tests of emptiness replace.
    for tool, places in found.items():
        for place in places - {("cursor",)}:
            given = sample(tool).arguments[place[0]]
            assert len(place) == 1 or all(place[1] in each for each in given), (tool, place)


TEXTS = ['{"run": 12}', '["a", 1]', "12", "true", "null", '"quoted"', "1e5", "[", " {} "]


@pytest.mark.parametrize("text", TEXTS)
def test_text_that_looks_like_json_stays_text(sampled: Running, account: Account, _moto: str, text: str) -> None:
    """A message is optional, and the SDK reads JSON in what is not plainly text."""
    arguments = account.fill(sample("package_create").arguments) | {"message": text}
    made = sampled.call("package_create", arguments)
    seen = sampled.call("package_browse", {"registry": BUCKET, "package_name": "team/new"})
    assert (seen["top_hash"], seen["message"]) == (made["top_hash"], text)


@every_tool
def test_no_text_is_read_as_json(sampled: Running, account: Account, _moto: str, tool: str) -> None:
    """Wherever text is taken, what it would be as JSON is refused or looked for as it is, and no crash."""
    for name, of_argument in TOOLS[tool]["inputSchema"]["properties"].items():
        if of_argument.get("type") == "string" and "enum" not in of_argument:
            for text in ('{"a": 1}', "[1]"):
                failed, said = outcome(sampled, tool, account.fill(sample(tool).arguments) | {name: text})
                assert not failed or "valid string" not in said, (name, said)


def test_lists_and_objects_are_taken_as_text_too(sampled: Running, account: Account) -> None:
    """As some clients write them; they are never text."""
    own = account.fill(sample("package_create").arguments)
    written = own | {"entries": json.dumps(own["entries"]), "metadata": json.dumps(own["metadata"])}
    assert sampled.call("package_create", own)["top_hash"] == sampled.call("package_create", written)["top_hash"]
    assert "metadata: Input should be" in sampled.fail("package_create", own | {"metadata": '"text"'})


OPTIONS = {
    method.__name__: options
    for config in [load(ENVIRONMENT)]
    for group in groups(config, Gateway(config))
    for method, options in tools_of(group)
}


def shown(server: Running, method: str, field: str, name: str, **claims: Any) -> set[str]:
    """What a caller with these claims is listed."""
    return {item[name] for item in server.rpc(method, Authorization=f"Bearer {token(**claims)}")[field]}


@every_tool
def test_a_tool_is_listed_where_the_token_lets_it_work(
    sampled: Running, account: Account, _moto: str, tool: str
) -> None:
    """With what it needs and nothing else, and not without one of these."""
    needed = OPTIONS[tool].actions
    first = {either.partition("|")[0] for either in needed}
    for missing in (None, *first):
        headers = {"Authorization": f"Bearer {token(permissions=sorted(first - {missing}))}"}
        asked = {"name": tool, "arguments": account.fill(sample(tool).arguments)}
        result = sampled.rpc("tools/call", asked, **headers)
        failed = result["isError"] or result["structuredContent"].get("valid") is False
        # Tables whose data may not be read are none.
        refused = failed and any(said in str(result) for said in ("does not grant", "there is no"))
        listed = tool in {each["name"] for each in sampled.rpc("tools/list", None, **headers)["tools"]}
        assert (listed, refused) == (missing is None, missing is not None), (missing, result)
        if not failed and not TOOLS[tool]["annotations"]["readOnlyHint"]:
            account = lay(_moto, sampled)


def test_lists_are_of_what_the_token_grants(sampled: Running) -> None:
    def tools(**claims: Any) -> set[str]:
        return shown(sampled, "tools/list", "tools", "name", **claims)

    always = {"whoami", "bucket_list", "discover_permissions"}
    assert tools() == tools(permissions=["*"]) == tools(permissions=["s3:*", "glue:*", "athena:*"]) == set(TOOLS)
    assert tools(permissions=[]) == always
    assert "bucket_object_text" in tools(permissions=["s3:GetObjectVersion"]) - tools(permissions=["s3:ListBucket"])
    reader = tools(p=["g", "l"])
    assert {"package_browse", "packages_list", "bucket_object_link"} <= reader
    assert not any(name.startswith(("athena", "package_create", "package_update")) for name in reader)
    # Not what the last caller was shown.
    assert tools() == set(TOOLS)


def test_resources_are_of_what_the_token_grants(sampled: Running) -> None:
    def resources(**claims: Any) -> set[str]:
        return shown(sampled, "resources/list", "resources", "uri", **claims)

    def templates(**claims: Any) -> set[str]:
        return shown(sampled, "resources/templates/list", "resourceTemplates", "uriTemplate", **claims)

    assert resources() == {"auth://status", "athena://databases", "athena://workgroups"}
    assert resources(permissions=["s3:*"]) == {"auth://status"}
    assert resources(permissions=["glue:GetTables"]) == {"auth://status", "athena://databases"}
    assert len(templates()) == len(templates(permissions=["s3:Get*"])) == 2
    assert templates(permissions=["s3:ListBucket"]) == set()


def test_lists_are_private(sampled: Running) -> None:
    """No cache between may hand one caller's list to another."""
    for method in ("tools/list", "resources/list", "resources/templates/list", "prompts/list"):
        params = {"_meta": {"io.modelcontextprotocol/protocolVersion": "2026-07-28"} | CLIENT}
        headers: Any = {"MCP_Protocol_Version": "2026-07-28", "Mcp_Method": method}
        first = sampled.rpc(method, params, **headers)
        assert (first["cacheScope"], first["ttlMs"]) == ("private", 0), first
        reader = sampled.rpc(method, params, Authorization=f"Bearer {token(permissions=[])}", **headers)
        assert method == "prompts/list" or len(str(reader)) < len(str(first))


CLIENT: dict[str, Any] = {
    "io.modelcontextprotocol/clientInfo": {"name": "t", "version": "1"},
    "io.modelcontextprotocol/clientCapabilities": {},
}


def wrong(schema: Document) -> Iterator[Any]:
    """Values that an argument with this schema does not take."""
    yield "x" if schema.get("type") == "object" else {}
    for limit, value in (("maxLength", "x"), ("maxItems", ["x"])):
        if limit in schema:
            yield value * (schema[limit] + 1)
    if "maximum" in schema:
        yield schema["maximum"] + 1


@every_tool
def test_a_bad_argument_is_named(sampled: Running, tool: str) -> None:
    """Before anything is asked of AWS: there is no account."""
    schema, good = TOOLS[tool]["inputSchema"], sample(tool).arguments
    said = sampled.fail(tool, good | {"no_such_argument": 1})
    assert said.startswith(f"{tool} has no argument 'no_such_argument'")
    assert all(name in said for name in schema["properties"])
    for name in schema.get("required", ()):
        less = {each: value for each, value in good.items() if each != name}
        assert f"{name}: Field required" in sampled.fail(tool, less)
    for name, of_argument in schema["properties"].items():
        for value in wrong(of_argument):
            said = sampled.fail(tool, good | {name: value})
            assert said.startswith(f"{tool}: {name}"), (name, said)
            assert "pydantic" not in said and "Traceback" not in said
