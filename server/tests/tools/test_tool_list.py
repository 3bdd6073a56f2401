"""What the list of tools costs a model: a budget for each tool, so that the next one fits."""

import sys
from pathlib import Path

import pytest
import tool_table
from conftest import Running
from pydantic_core import to_json
from tool_table import MAXIMUM_MEAN, MAXIMUM_TOOL, listed_tools, sizes

TOOLS = {tool.name: tool for tool in listed_tools()}


@pytest.mark.parametrize("tool", TOOLS)
def test_a_tool_is_small(tool: str) -> None:
    size = TOOLS[tool].size
    assert size <= MAXIMUM_TOOL, f"{tool} takes {size} bytes of the tool list; shorten its descriptions or arguments"


def test_the_tool_list_is_small(server: Running) -> None:
    """In the mean, measured as it is sent. `python tools/tool_table.py --sizes` prints the same table."""
    listed = server.rpc("tools/list", mcp_protocol_version="2025-11-25")["tools"]
    assert [tool["name"] for tool in listed] == list(TOOLS)
    table = sizes(list(TOOLS.values()))
    print(table)
    sent = [len(to_json(tool)) for tool in listed]
    assert sent == [tool.size for tool in TOOLS.values()]
    assert sum(sent) / len(sent) <= MAXIMUM_MEAN, table


def test_a_stale_table_is_noticed_and_renewed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    current = tool_table.README.read_text()
    row = next(line for line in current.splitlines() if "`whoami`" in line)
    copy = tmp_path / "README.md"
    copy.write_text(current.replace(f"{row}\n", ""))
    monkeypatch.setattr(tool_table, "README", copy)
    for arguments, code in ((["--check"], 1), ([], 0), (["--check"], 0)):
        monkeypatch.setattr(sys, "argv", ["tool_table.py", *arguments])
        assert tool_table.main() == code
    assert copy.read_text() == current
