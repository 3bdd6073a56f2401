"""Draw the packages of plugins/module_utils and their imports into docs/architecture.md; with --check only compare.

python tools/draw_architecture.py [--check]
"""

from __future__ import annotations

import sys
from pathlib import Path

import grimp

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "architecture.md"
PLUGINS = "ansible_collections.quilt.mcp_server.plugins"
ENGINE = "_core"
BEGIN, END = "<!-- packages: drawn by tools/draw_architecture.py -->", "<!-- end of packages -->"

Arrow = tuple[str, str]


def packages_and_arrows(collections: Path) -> tuple[set[str], set[Arrow]]:
    """The packages of module_utils, and their imports, read from the code below `collections`."""
    sys.path.insert(0, str(collections))
    try:
        graph = grimp.build_graph(PLUGINS, cache_dir=None)
    finally:
        sys.path.remove(str(collections))
    utils = f"{PLUGINS}.module_utils"
    packages = {name.rpartition(".")[2] for name in graph.find_children(utils)}

    def imports(importer: str, imported: str) -> bool:
        chain = {"importer": f"{utils}.{importer}", "imported": f"{utils}.{imported}"}
        return graph.direct_import_exists(**chain, as_packages=True)

    return packages, {(one, other) for one in packages for other in packages if one != other and imports(one, other)}


def drawing(packages: set[str], arrows: set[Arrow]) -> str:
    """A Mermaid graph. The packages that import the engine are in one frame, with one arrow to it."""
    framed = {one for one, other in arrows if other == ENGINE}
    lines = ["graph TD", '    subgraph packages ["one package for each AWS service or purpose"]']
    lines += [f"        {package}" for package in sorted(framed)]
    lines += ["    end"]
    lines += [f"    {package}" for package in sorted(packages - framed - {ENGINE})]
    lines += [f"    {one} --> {other}" for one, other in sorted(arrows) if other != ENGINE]
    return "\n".join(["```mermaid", *lines, f"    packages --> {ENGINE}", "```"])


def drawn_into(page: str, text: str) -> str:
    """The page with the text between its marks."""
    before, _, rest = page.partition(BEGIN)
    _, found, after = rest.partition(END)
    if not found:
        raise SystemExit(f"{PAGE.name} lacks the lines {BEGIN!r} and {END!r}")
    return f"{before}{BEGIN}\n\n{text}\n\n{END}{after}"


def main() -> int:
    """Return 1 when --check finds a drawing that is not as it would be drawn."""
    page = PAGE.read_text(encoding="utf-8")
    wanted = drawn_into(page, drawing(*packages_and_arrows(ROOT / "collections")))
    if wanted == page:
        return 0
    if "--check" in sys.argv[1:]:
        print(f"Out of date: {PAGE.relative_to(ROOT)}. Run: python tools/draw_architecture.py")
        return 1
    PAGE.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
