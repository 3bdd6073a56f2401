"""module_defaults reach a module by the action group: outside of it, it would have no region and no profile."""

from __future__ import annotations

from pathlib import Path

import yaml

ROOT = Path(__file__).parents[4]


def test_the_action_group_holds_every_module_that_calls_aws() -> None:
    group = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text())["action_groups"]["aws"]
    calling = [
        path.stem for path in (ROOT / "plugins" / "modules").glob("*.py") if "AnsibleAWSModule(" in path.read_text()
    ]
    assert sorted(name for name in group if isinstance(name, str)) == sorted(calling)
