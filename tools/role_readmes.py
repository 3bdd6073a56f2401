"""Write the table of inputs into each role's README from its argument specs; with --check only compare.

python tools/role_readmes.py [--check]
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
BEGIN, END = "<!-- inputs: written by tools/role_readmes.py -->", "<!-- end of inputs -->"
MARKUP = re.compile(r"\b[A-Z]\(([^)]*)\)")


def plain(text: str | list[str]) -> str:
    """Ansible's markup as Markdown."""
    joined = text if isinstance(text, str) else " ".join(text)
    return MARKUP.sub(r"`\1`", joined).replace("|", "\\|")


def given() -> dict[str, str]:
    """The inputs that no inventory sets, each with what is set instead."""
    found: dict[str, str] = yaml.safe_load((ROOT / "meta" / "inputs.yml").read_text())["given"]
    return found


def shown_default(role: str, name: str, option: dict[str, Any]) -> str:
    """The default as the role's defaults have it, which the spec cannot say when it is a template."""
    if name in given():
        return f"given by the playbook{f'; set `{given()[name]}`' if given()[name] else ''}"
    if option.get("required"):
        defaults = yaml.safe_load((ROOT / "roles" / role / "defaults" / "main.yml").read_text())
        return f"`{defaults[name]}`" if name in defaults else "required"
    return f"`{option['default']!r}`" if option["default"] != "" else "empty"


def table(role: str) -> str:
    """The tables of all entry points that take inputs."""
    specs = yaml.safe_load((ROOT / "roles" / role / "meta" / "argument_specs.yml").read_text())["argument_specs"]
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
    return "\n\n".join(parts)


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
