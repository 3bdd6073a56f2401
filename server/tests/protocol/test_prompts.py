"""Prompts over HTTP."""

import re

from conftest import Running

OLD = "2025-11-25"


def test_prompts_name_only_tools_that_exist(server: Running) -> None:
    prompts = server.rpc("prompts/list", mcp_protocol_version=OLD)["prompts"]
    assert len(prompts) >= 4
    tools = {tool["name"] for tool in server.rpc("tools/list", mcp_protocol_version=OLD)["tools"]}
    for prompt in prompts:
        arguments = {argument["name"]: f"<{argument['name']}>" for argument in prompt["arguments"]}
        answer = server.rpc("prompts/get", {"name": prompt["name"], "arguments": arguments}, mcp_protocol_version=OLD)
        text = answer["messages"][0]["content"]["text"]
        assert all(value in text for value in arguments.values()), prompt["name"]
        assert prompt["description"]
        named = set(re.findall(r"\b(?:packages?|bucket|athena|catalog)_\w+", text))
        assert named and named <= tools, named - tools
