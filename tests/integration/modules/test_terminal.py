"""What a refusal looks like in ansible's own output: each of its lines is one of the terminal."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.amazon import aws as amazon_aws

from sandbox.emulator.control_plane import ControlPlane

ROOT = Path(__file__).parents[3]
CORES = {"newest": Path(sys.executable), "oldest": ROOT / ".cache" / "ansible-core-oldest" / "bin" / "python"}
# Where the modules' requirements are, amazon.aws among them: the oldest ansible-core is installed alone.
COLLECTIONS = [ROOT / "collections", *(Path(path).parents[2] for path in amazon_aws.__path__)]
GONE = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:listener/app/gone/50dc6c495c0c9188/f2f7dc8efc522ab2"
FOUND = (
    "Found: there is no listener listener/app/gone/50dc6c495c0c9188/f2f7dc8efc522ab2 in this account and region; "
    "its ARN names account 111122223333 and region eu-west-1"
)
# By module: its parameters, the lines of its message and the ARNs of its result. The first one makes no call.
REFUSALS: dict[str, tuple[dict[str, Any], list[str], list[str]]] = {
    "elb_target_group": (
        {"name": "demo", "attributes": {"deregistration_delay.timeout_second": 3}, "tags": {"aws:x": "1"}},
        [
            "Refused the parameters of target group demo",
            "Found: the key aws:x",
            "Reason: keys that begin with aws: are AWS's own",
            "Remedy: choose another key",
            "Found: attribute deregistration_delay.timeout_second",
            "Reason: target groups have no such attribute",
            "Remedy: use deregistration_delay.timeout_seconds",
        ],
        [],
    ),
    "elb_listener_rule_info": (
        {"listener_arn": GONE},
        [
            "Refused to read the rules of listener listener/app/gone/50dc6c495c0c9188/f2f7dc8efc522ab2",
            FOUND,
            "Reason: a rule belongs to a listener",
            "Remedy: correct listener_arn, the region or the profile",
        ],
        [GONE],
    ),
}


@pytest.fixture
def printed(aws: ControlPlane, tmp_path: Path) -> Any:
    """printed(core, module, config): the terminal's text of a play with one task."""

    def run(core: str, module: str, config: Path | None = None) -> str:
        keys = {"access_key": "sandbox", "secret_key": "sandbox", "region": aws.region, "endpoint_url": aws.url}
        task = {f"quilt.mcp_server.{module}": {**keys, **REFUSALS[module][0]}}
        play = tmp_path / "play.yml"
        play.write_text(yaml.safe_dump([{"hosts": "localhost", "gather_facts": False, "tasks": [task]}]))
        settings = tmp_path / "ansible.cfg"
        settings.touch()
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "AWS_"))}
        environment |= {
            "ANSIBLE_CONFIG": str(config or settings),
            "ANSIBLE_COLLECTIONS_PATH": ":".join(map(str, COLLECTIONS)),
            "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
            "ANSIBLE_FORCE_COLOR": "0",
            "HOME": str(tmp_path),
        }
        command = [str(CORES[core]), "-m", "ansible", "playbook", "-i", "localhost,", "-c", "local", str(play)]
        done = subprocess.run(
            command,
            cwd=tmp_path,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 2, done.stdout
        return done.stdout

    return run


@pytest.mark.parametrize("module", REFUSALS)
@pytest.mark.parametrize("core", CORES)
def test_each_line_of_a_refusal_is_one_of_the_terminal(printed: Any, core: str, module: str) -> None:
    if not CORES[core].exists():
        pytest.skip("`make test` installs the oldest ansible-core")
    text = printed(core, module)
    _parameters, lines, arns = REFUSALS[module]
    start = text.splitlines().index(f"[ERROR]: Task failed: Module failed: {lines[0]}")
    assert text.splitlines()[start + 1 : start + len(lines)] == lines[1:]
    (result,) = re.findall(r"^fatal: .* => (\{.*\})$", text, re.MULTILINE)
    assert json.loads(result)["msg"].splitlines() == lines
    assert json.loads(result).get("arns", []) == arns


@pytest.mark.parametrize("module", REFUSALS)
def test_the_settings_of_the_repository_print_the_lines_of_the_result_too(printed: Any, module: str) -> None:
    text = printed("newest", module, ROOT / "ansible.cfg")
    _parameters, lines, arns = REFUSALS[module]
    (result,) = re.findall(r"^fatal: .* => \n((?: +.*\n|\n)+)", text, re.MULTILINE)
    assert [line.strip() for line in result.splitlines() if line.strip() in lines] == lines
    document = yaml.safe_load(result)
    assert document["msg"].splitlines() == lines and document.get("arns", []) == arns
