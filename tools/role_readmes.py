"""Write the tables of inputs into each role's README from its argument specs; with --check only compare.

python tools/role_readmes.py [--check]
"""

from __future__ import annotations

import re
import sys
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from plugins.plugin_utils.given import given_inputs

SHARED = re.compile(r"\bmcp_server_\w+")
BEGIN, END = "<!-- inputs: written by tools/role_readmes.py -->", "<!-- end of inputs -->"
MARKUP = re.compile(r"\b[A-Z]\(([^)]*)\)")


def plain(text: str | list[str]) -> str:
    """Ansible's markup as Markdown."""
    joined = text if isinstance(text, str) else " ".join(text)
    return MARKUP.sub(r"`\1`", joined).replace("|", "\\|")


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


@cache
def deployment() -> dict[str, dict[str, Any]]:
    """The values that several roles share, with their forms."""
    found: dict[str, dict[str, Any]] = load(ROOT / "meta" / "inputs.yml")["deployment"]
    return found


@cache
def given() -> dict[str, str]:
    """The inputs that the playbooks give, so that no inventory sets them, each with what is set instead."""
    specs = [load(path)["argument_specs"] for path in ROOT.glob("roles/*/meta/argument_specs.yml")]
    inputs = [name for spec in specs for entry_point in spec.values() for name in entry_point["options"]]
    files = [load(path) for path in (*ROOT.glob("playbooks/*.yml"), *ROOT.glob("playbooks/tasks/*.yml"))]
    return dict(given_inputs(files, sorted({*deployment(), *inputs})))


def shown_default(role: str, name: str, option: dict[str, Any]) -> str:
    """The default as the role's defaults have it, which the spec cannot say when it is a template."""
    if name in given():
        return f"given by the playbook{f'; set `{given()[name]}`' if given()[name] else ''}"
    if option.get("required"):
        defaults = load(ROOT / "roles" / role / "defaults" / "main.yml")
        return f"`{defaults[name]}`" if name in defaults else "required"
    return f"`{option['default']!r}`" if option["default"] != "" else "empty"


def shared(role: str) -> str:
    """The shared values that a role reads."""
    files = [path for part in ("tasks", "vars", "defaults") for path in (ROOT / "roles" / role / part).glob("*.yml")]
    read = {name for path in files for name in SHARED.findall(path.read_text())}
    listed = ", ".join(f"`{name}`" for name in sorted(read & deployment().keys()))
    return f"## Shared inputs\n\nThe role also reads {listed}; see [mcp_server](../mcp_server/README.md)."


def shared_table() -> str:
    """The table of the shared values."""
    defaults = load(ROOT / "roles" / "mcp_server" / "defaults" / "main.yml")
    rows = [
        f"| `{name}` | {option['type']} | {default_of(name, defaults)} | {form_of(option)} |"
        for name, option in deployment().items()
    ]
    return "\n".join(["## Inputs", "", "| variable | type | default | |", "| --- | --- | --- | --- |", *rows])


def default_of(name: str, defaults: dict[str, Any]) -> str:
    if name not in defaults:
        return "required"
    shown = "computed" if isinstance(defaults[name], dict) and defaults[name] else f"`{defaults[name]!r}`"
    return shown if defaults[name] != "" else "empty"


def form_of(option: dict[str, Any]) -> str:
    """What a shared value means, and its accepted form."""
    choices = ", ".join(f"`{choice}`" for choice in option.get("choices", []))
    form = option.get("form") or (f"one of {choices}" if choices else "")
    return " ".join([plain(option["description"]), *([f"Wanted: {plain(form)}."] if form else [])])


def table(role: str) -> str:
    """The tables of all entry points that take inputs, and what the role shares with others."""
    if role == "mcp_server":
        return shared_table()
    specs = load(ROOT / "roles" / role / "meta" / "argument_specs.yml")["argument_specs"]
    parts = []
    for entry_point, spec in specs.items():
        title = "Inputs" if entry_point == "main" else f"Inputs of `tasks_from: {entry_point}`"
        rows = [
            f"| `{name}` | {option['type']} | {shown_default(role, name, option)} | {plain(option['description'])} |"
            for name, option in spec["options"].items()
        ]
        if rows:
            parts.append(
                "\n".join([f"## {title}", "", "| variable | type | default | |", "| --- | --- | --- | --- |", *rows])
            )
        else:
            parts.append(f"## {title}\n\nNone. {plain(spec['description'])}")
    return "\n\n".join([*parts, shared(role)])


def main() -> int:
    """Return 1 when --check finds a README that is not as it would be written."""
    stale = []
    for path in sorted(ROOT.glob("roles/*/README.md")):
        text = path.read_text()
        head = text.partition(BEGIN)[0].rstrip()
        wanted = f"{head}\n\n{BEGIN}\n\n{table(path.parent.name)}\n\n{END}\n"
        if wanted == text:
            continue
        stale.append(str(path.relative_to(ROOT)))
        if "--check" not in sys.argv[1:]:
            path.write_text(wanted)
    if stale and "--check" in sys.argv[1:]:
        print(f"Out of date: {', '.join(stale)}. Run: python tools/role_readmes.py")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
