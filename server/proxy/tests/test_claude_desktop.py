"""The entry for quilt-mcp-proxy that docs/claude-desktop.md shows."""

import json
import re
import subprocess
import sys
from pathlib import Path

PROXY = Path(__file__).parents[1]
PAGE = PROXY.parents[1] / "docs/claude-desktop.md"


def test_the_documented_entry_of_quilt_mcp_proxy_is_accepted() -> None:
    blocks = re.findall(r"^```json quilt-mcp-proxy$(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    assert len(blocks) == 1
    entry = json.loads(blocks[0])["mcpServers"]["quilt"]
    help_ = subprocess.run(
        [sys.executable, "-m", "quilt_mcp_proxy", "--help"],
        env={"PYTHONPATH": str(PROXY / "src")}, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    options = [argument for argument in entry["args"] if argument.startswith("--")]
    assert options and all(option in help_ for option in options)
    assert entry["command"] == "quilt-mcp-proxy"
