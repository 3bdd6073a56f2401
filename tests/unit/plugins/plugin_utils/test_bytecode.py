"""What ansible-core's importer of collections compiles in every run is found with its bytecode."""

from __future__ import annotations

from importlib.machinery import SourceFileLoader
from pathlib import Path

from ansible_collections.quilt.mcp_server.plugins.plugin_utils.bytecode import BytecodeFinder

PACKAGE = "ansible_collections.quilt.mcp_server.plugins.module_utils"
FOLDER = str(Path(__file__).parents[4] / "plugins" / "module_utils")


def test_a_module_is_found_with_a_loader_that_keeps_bytecode() -> None:
    spec = BytecodeFinder().find_spec(f"{PACKAGE}._core", [FOLDER])
    assert spec and isinstance(spec.loader, SourceFileLoader)
    assert spec.cached and spec.submodule_search_locations == [f"{FOLDER}/_core"]


def test_what_is_elsewhere_is_left_to_the_other_importers() -> None:
    finder = BytecodeFinder()
    assert finder.find_spec(f"{PACKAGE}.nothing", [FOLDER]) is None
    assert finder.find_spec("ansible_collections.other.collection.plugins.module_utils._core", [FOLDER]) is None
    assert finder.find_spec("json", None) is None
