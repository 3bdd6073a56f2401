"""The tools as clients see them: their table in README.md, and what each takes of the tool list.

python tools/tool_table.py            write the table into README.md
python tools/tool_table.py --check    only compare; exits with 1 when the table is out of date
python tools/tool_table.py --sizes    the bytes of each tool in tools/list, their mean and their total
"""

import argparse
import asyncio
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic_core import to_json

SERVER = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(SERVER / "src"))

from quilt_mcp_server.aws import Gateway  # noqa: E402 - the path is set above
from quilt_mcp_server.config import load  # noqa: E402
from quilt_mcp_server.protocol.server import QuiltServer  # noqa: E402
from quilt_mcp_server.protocol.tool import tools_of  # noqa: E402
from quilt_mcp_server.tools import groups  # noqa: E402

README = SERVER / "README.md"
BEGIN, END = "<!-- tools: written by tools/tool_table.py -->", "<!-- end of tools -->"
# A model reads the whole list before anything else. With a budget for each tool the next one fits.
MAXIMUM_TOOL = 1600  # bytes of one tool in tools/list
MAXIMUM_MEAN = 850
# Enough of a configuration for the tools to be made; nothing is asked of AWS.
ENVIRONMENT = {"QUILT_MCP_AUTH": "none", "QUILT_MCP_CREDENTIALS": "task_role", "AWS_REGION": "us-east-1"}


@dataclass(frozen=True, slots=True)
class ListedTool:
    """A tool as tools/list has it.

    Attributes:
        group: The noun that its file's name begins with.
        listed: The tool in the answer.
    """

    group: str
    listed: dict[str, Any]

    @property
    def name(self) -> str:
        return str(self.listed["name"])

    @property
    def size(self) -> int:
        """Bytes of JSON."""
        return len(to_json(self.listed))


def listed_tools() -> list[ListedTool]:
    """Every registered tool, in the order of the list."""
    config = load(ENVIRONMENT)
    server = QuiltServer(config.tool_timeout)
    nouns: dict[str, str] = {}
    for group in groups(config, Gateway(config)):
        server.add_group(group)
        noun = type(group).__module__.rpartition(".")[2].partition("_")[0]
        nouns |= {method.__name__: noun for method, _ in tools_of(group)}
    found = asyncio.run(server.list_tools())
    return [
        ListedTool(nouns[tool.name], tool.model_dump(mode="json", by_alias=True, exclude_none=True)) for tool in found
    ]


def table(tools: list[ListedTool]) -> str:
    """The table of README.md: the tools by their nouns, in the order of the list."""
    rows = ["| about | tool | what it does |", "| --- | --- | --- |"]
    nouns = list(dict.fromkeys(tool.group for tool in tools))
    for tool in sorted(tools, key=lambda tool: nouns.index(tool.group)):
        description = tool.listed["description"].replace("|", "\\|")
        rows.append(f"| {tool.group} | `{tool.name}` | {description} |")
    return "\n".join(rows)


def sizes(tools: list[ListedTool]) -> str:
    """The bytes of each tool, the largest first, with the budget."""
    lines = [f"{tool.size:6} {tool.name}" for tool in sorted(tools, key=lambda tool: -tool.size)]
    total = sum(tool.size for tool in tools)
    lines.append(f"{total:6} bytes in total for {len(tools)} tools")
    lines.append(
        f"{total / len(tools):6.0f} bytes in the mean (at most {MAXIMUM_MEAN}; one tool at most {MAXIMUM_TOOL})"
    )
    return "\n".join(lines)


def main() -> int:
    """Return 1 when --check finds that README.md is not as it would be written."""
    parser = argparse.ArgumentParser(description="The table of tools in README.md, and the size of the tool list.")
    parser.add_argument("--check", action="store_true", help="only compare the table")
    parser.add_argument("--sizes", action="store_true", help="print the bytes of each tool instead")
    options = parser.parse_args()
    tools = listed_tools()
    if options.sizes:
        print(sizes(tools))
        return 0
    text = README.read_text()
    head, _, rest = text.partition(BEGIN)
    tail = rest.partition(END)[2]
    wanted = f"{head}{BEGIN}\n\n{table(tools)}\n\n{END}{tail}"
    if wanted == text:
        return 0
    if options.check:
        print("README.md's table of tools is out of date. Run: .venv/bin/python tools/tool_table.py")
        return 1
    README.write_text(wanted)
    return 0


if __name__ == "__main__":
    sys.exit(main())
