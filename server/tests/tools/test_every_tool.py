"""What holds for every registered tool, tried with its sample."""

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from conftest import Running
from pydantic import TypeAdapter, ValidationError
from tool_table import ENVIRONMENT, listed_tools

import quilt_mcp_server.tools
from quilt_mcp_server.aws import Gateway
from quilt_mcp_server.config import load
from quilt_mcp_server.protocol.tool import declared_tools, tools_of
from quilt_mcp_server.tools import groups
from tools.account import DATABASE, FOREIGN_BUCKET, FOREIGN_DATABASE, SECRET, Account, lay
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


def takes_null(tool: str) -> list[str]:
    """The tool's arguments that may be null, by the method's annotations: the list does not show it."""
    config = load(ENVIRONMENT)
    methods = {method.__name__: method for group in groups(config, Gateway(config)) for method, _ in tools_of(group)}
    found = []
    for name, parameter in inspect.signature(methods[tool]).parameters.items():
        try:
            TypeAdapter(parameter.annotation).validate_python(None)
        except ValidationError:
            continue
        found.append(name)
    return found


@every_tool
def test_null_is_as_good_as_leaving_an_argument_out(sampled: Running, account: Account, _moto: str, tool: str) -> None:
    names = takes_null(tool)
    less = {name: value for name, value in sample(tool).arguments.items() if name not in names}
    left_out = outcome(sampled, tool, account.fill(less))
    if not TOOLS[tool]["annotations"]["readOnlyHint"]:
        account = lay(_moto, sampled)
    null = outcome(sampled, tool, account.fill(less | dict.fromkeys(names)))
    assert left_out[0] is False, left_out[1]
    for _, result in (left_out, null):
        result.pop("execution_id", None)  # Each call starts a query of its own.
    assert left_out == null


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
