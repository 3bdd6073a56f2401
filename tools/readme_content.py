"""Write the list of what the collection includes into README.md; with --check only compare.

python tools/readme_content.py [--check]
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "README.md"
BEGIN, END = "<!-- content: written by tools/readme_content.py -->", "<!-- end of content -->"
PLUGINS = {"modules": "Modules", "filter": "Filters", "lookup": "Lookups", "callback": "Callbacks"}


def short_description(path: Path) -> str:
    """What a plugin's documentation says in one line; empty for a file without documentation."""
    text = path.read_text(encoding="utf-8")
    found: dict[str, Any] = {}
    if path.suffix == ".yml":
        found = yaml.safe_load(text)["DOCUMENTATION"]
    else:
        for node in ast.parse(text).body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "DOCUMENTATION":
                found = yaml.safe_load(ast.literal_eval(node.value))
    return str(found.get("short_description", ""))


def about_role(role: Path) -> str:
    """What its argument specs say in one line; the first sentence of its README for a role without tasks."""
    specs = role / "meta" / "argument_specs.yml"
    if specs.exists():
        return str(yaml.safe_load(specs.read_text(encoding="utf-8"))["argument_specs"]["main"]["short_description"])
    paragraph = (role / "README.md").read_text(encoding="utf-8").split("\n\n")[1].replace("\n", " ")
    return paragraph.split(". ")[0].rstrip(".")


def content() -> str:
    """The tables of roles and plugins."""
    roles = {path.name: about_role(path) for path in sorted(ROOT.glob("roles/*"))}
    tables = [table("Roles", roles)]
    for folder, title in PLUGINS.items():
        paths = sorted(path for path in (ROOT / "plugins" / folder).iterdir() if path.suffix in (".py", ".yml"))
        tables.append(table(title, {path.stem: text for path in paths if (text := short_description(path))}))
    return "\n\n".join(tables)


def table(title: str, rows: dict[str, str]) -> str:
    lines = [f"| `{name}` | {text} |" for name, text in rows.items()]
    return "\n".join([f"### {title}", "", "| | |", "| --- | --- |", *lines])


def main() -> int:
    """Return 1 when --check finds a list that is not as it would be written."""
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    _, found, after = rest.partition(END)
    if not found:
        raise SystemExit(f"{PAGE.name} lacks the lines {BEGIN!r} and {END!r}")
    wanted = f"{before}{BEGIN}\n\n{content()}\n\n{END}{after}"
    if wanted == page:
        return 0
    if "--check" in sys.argv[1:]:
        print(f"Out of date: {PAGE.name}. Run: python tools/readme_content.py")
        return 1
    PAGE.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
