"""What the machine of the caller has set for its own purposes takes no part in what the inventory says in full."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ansible_collections.amazon.aws as amazon
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Play

    from sandbox.emulator.control_plane import ControlPlane

ROOT = Path(__file__).parents[3]
PROFILES = """
[profile work]
region = eu-west-1

[profile broken]
credential_process = /nonexistent
"""
CREDENTIALS = """
[work]
aws_access_key_id = work
aws_secret_access_key = work
"""
OTHER_KEYS = {"AWS_ACCESS_KEY_ID": "other", "AWS_SECRET_ACCESS_KEY": "other", "AWS_SESSION_TOKEN": "other"}


@pytest.fixture
def profiles(tmp_path: Path) -> dict[str, str]:
    """The variables of a machine with two profiles, "work" with keys of that name and "broken" without."""
    (tmp_path / "config").write_text(PROFILES)
    (tmp_path / "credentials").write_text(CREDENTIALS)
    return {
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
    }


def keys_used(aws: ControlPlane, mark: int) -> set[str]:
    return {call.access_key for call in aws.calls(mark)}


def connection(aws: ControlPlane, **credentials: str) -> dict[str, Any]:
    return {"region": aws.region, "endpoint_url": aws.url, **credentials}


@pytest.mark.parametrize("direct", ["1", "0"])
@pytest.mark.parametrize(
    "variables",
    [
        pytest.param({"AWS_PROFILE": "nonexistent"}, id="a profile that does not exist"),
        pytest.param({"AWS_DEFAULT_PROFILE": "work"}, id="a profile with other keys"),
        pytest.param({"AWS_PROFILE": "broken", "AWS_DEFAULT_PROFILE": "work"}, id="a profile without keys"),
        pytest.param(OTHER_KEYS, id="other keys and their token"),
        pytest.param({**OTHER_KEYS, "AWS_PROFILE": "work"}, id="keys and a profile"),
        pytest.param({"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-1"}, id="another region"),
        pytest.param(
            {"AWS_URL": "http://127.0.0.1:9", "AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, id="another endpoint"
        ),
    ],
)
def test_the_keys_of_the_inventory_win(
    play: Play, aws: ControlPlane, profiles: dict[str, str], variables: dict[str, str], direct: str
) -> None:
    mark = aws.mark()
    run = play("status.yml", env={**profiles, **variables, "QUILT_DIRECT": direct})
    assert run.status == 0, run.failures
    assert run.calls
    assert keys_used(aws, mark) == {"sandbox"}


@pytest.mark.parametrize("direct", ["1", "0"])
@pytest.mark.parametrize("variables", [OTHER_KEYS, {**OTHER_KEYS, "AWS_PROFILE": "nonexistent"}])
def test_the_profile_of_the_inventory_wins(
    play: Play, aws: ControlPlane, profiles: dict[str, str], variables: dict[str, str], direct: str
) -> None:
    mark = aws.mark()
    environment = {**profiles, **variables, "QUILT_DIRECT": direct}
    run = play("status.yml", env=environment, mcp_server_aws=connection(aws, profile="work"))
    assert run.status == 0, run.failures
    assert keys_used(aws, mark) == {"work"}


@pytest.mark.parametrize(
    ("variables", "used"), [({"AWS_PROFILE": "work"}, "work"), (OTHER_KEYS, "other")], ids=["profile", "keys"]
)
def test_without_credentials_in_the_inventory_the_environment_has_them(
    play: Play, aws: ControlPlane, profiles: dict[str, str], variables: dict[str, str], used: str
) -> None:
    mark = aws.mark()
    run = play("status.yml", env={**profiles, **variables}, mcp_server_aws=connection(aws))
    assert run.status == 0, run.failures
    assert keys_used(aws, mark) == {used}


@pytest.mark.parametrize("direct", ["1", "0"])
@pytest.mark.parametrize("credentials", [{"access_key": "work", "secret_key": "work"}, {"profile": "work"}, {}])
def test_a_run_has_one_session_of_the_role_that_it_assumes(
    play: Play, aws: ControlPlane, profiles: dict[str, str], credentials: dict[str, str], direct: str, tmp_path: Path
) -> None:
    statement = {"Effect": "Allow", "Principal": {"AWS": aws.account_id}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    role = aws.platform("iam").create_role(RoleName="deployer", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    given = connection(aws, **credentials) | {"assume_role": {"role_arn": role, "session_name": "nightly"}}
    environment = {
        **profiles,
        "AWS_PROFILE": "work",
        "QUILT_DIRECT": direct,
        "ANSIBLE_LOCAL_TEMP": str(tmp_path / "tmp"),
    }
    mark = aws.mark()
    run = play("status.yml", env=environment, mcp_server_aws=given)
    assert run.status == 0, run.failures
    calls = aws.calls(mark)
    assert [call.access_key for call in calls if call.operation == "AssumeRole"] == ["work"]
    (session,) = {call.access_key for call in calls if call.operation != "AssumeRole"}
    assert session.startswith("ASIA")
    assert session not in f"{run.tasks}{run.reported}"
    assert not list((tmp_path / "tmp").rglob("*"))


@pytest.mark.parametrize(
    ("role", "said"),
    [
        ("arn:aws:iam::850787717197:role/deployer", "wanted assume_role as a map with role_arn"),
        ({"session_name": "x"}, "wanted role_arn in assume_role; found none; add it"),
        ({"role_arn": "deployer"}, "assume_role: role_arn is 'deployer', but AWS takes the ARN of an IAM role"),
        ({"role_arn": "arn:aws:iam::850787717197:role/d", "arn": "x"}, "in assume_role; found arn"),
        (
            {"role_arn": "arn:aws:iam::850787717197:role/d", "session_name": "a b"},
            "session_name is 'a b', but AWS takes",
        ),
        ({"role_arn": "arn:aws:iam::850787717197:role/d", "duration": 60}, "duration is 60, but a session lasts"),
        (
            {"role_arn": "arn:aws:iam::999999999999:role/d"},
            "a role of mcp_server_account_id, 850787717197, in assume_role",
        ),
    ],
)
def test_a_role_that_cannot_be_assumed_is_refused_with_the_inventory(
    play: Play, aws: ControlPlane, role: object, said: str
) -> None:
    run = play("status.yml", mcp_server_aws=connection(aws) | {"assume_role": role})
    (message,) = run.failures
    assert said in message
    assert run.calls == []


@pytest.mark.parametrize(
    ("given", "variables", "said"),
    [
        pytest.param(
            {"profile": "work", "access_key": "a", "secret_key": "b"},
            {},
            "found both a profile and access_key and secret_key; remove the profile, or the keys",
            id="two kinds in the inventory",
        ),
        pytest.param(
            {},
            {**OTHER_KEYS, "AWS_PROFILE": "work"},
            "the environment has two kinds, AWS_PROFILE and AWS_ACCESS_KEY_ID; unset one of them, or set profile",
            id="two kinds in the environment",
        ),
        pytest.param({"access_key": "a"}, {}, "wanted secret_key with access_key; found none", id="half of the keys"),
        pytest.param(
            {"session_token": "a"}, {}, "wanted access_key and secret_key with session_token", id="a token alone"
        ),
    ],
)
def test_credentials_that_conflict_are_refused_by_name(
    play: Play, aws: ControlPlane, given: dict[str, str], variables: dict[str, str], said: str
) -> None:
    run = play("status.yml", env=variables, mcp_server_aws=connection(aws, **given))
    (message,) = run.failures
    assert said in message
    assert run.calls == []


def terminal(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """A run as a person starts it, with nothing of the project in the environment."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    command = [sys.executable, "-m", "ansible", "playbook", *arguments]
    environ = {**kept, "SANDBOX_HOME": "/nonexistent", **environment}
    return subprocess.run(command, cwd=cwd, env=environ, capture_output=True, text=True, check=False)


@pytest.fixture
def clone(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", "--depth", "1", f"file://{ROOT}", str(folder)], check=True)
    yield folder


def test_a_run_from_another_folder_says_what_is_missing(clone: Path, tmp_path: Path) -> None:
    run = terminal(str(clone / "playbooks" / "status.yml"), cwd=tmp_path)
    assert run.returncode == 1
    settings = clone / "ansible.cfg"
    assert (
        f"No host of the group mcp_servers was given: ansible-core did not read {settings}; "
        f"set ANSIBLE_CONFIG={settings}, or choose an inventory with -i." in run.stderr
    )


def test_a_folder_that_everybody_may_write_to_is_named(clone: Path) -> None:
    clone.chmod(clone.stat().st_mode | stat.S_IWOTH)
    run = terminal("playbooks/status.yml", cwd=clone)
    assert run.returncode == 1
    assert "which it ignores in a folder that everybody may write to; set ANSIBLE_CONFIG=" in run.stderr


def test_another_configuration_file_is_named(clone: Path, tmp_path: Path) -> None:
    (tmp_path / "ansible.cfg").touch()
    run = terminal(str(clone / "playbooks" / "site.yml"), cwd=tmp_path)
    assert run.returncode == 1
    assert f"{tmp_path / 'ansible.cfg'} was read in place of {clone / 'ansible.cfg'}" in run.stderr


def test_an_inventory_without_the_group_is_named(clone: Path, tmp_path: Path) -> None:
    (tmp_path / "hosts.yml").write_text("others: {hosts: {one: }}\n")
    run = terminal("playbooks/status.yml", "-i", str(tmp_path / "hosts.yml"), cwd=clone)
    assert run.returncode == 1
    assert "No host of the group mcp_servers was given: choose an inventory that has the group" in run.stderr


@pytest.mark.parametrize("variables", [{}, {"ANSIBLE_CONFIG": "ansible.cfg"}], ids=["inventory", "configuration"])
def test_a_run_from_another_folder_works_with_what_it_asks_for(
    clone: Path, tmp_path: Path, variables: dict[str, str]
) -> None:
    """It gets as far as the inventory's own script, which finds no sandbox."""
    given = {name: str(clone / value) for name, value in variables.items()}
    inventory = [] if given else ["-i", str(clone / "inventories" / "local")]
    run = terminal(str(clone / "playbooks" / "status.yml"), *inventory, cwd=tmp_path, **given)
    assert "the sandbox is not running" in run.stdout, run.stderr


def test_make_gives_the_configuration_file_of_the_clone() -> None:
    made = subprocess.run(
        ["make", "--print-data-base", "--question", "help"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert f"ANSIBLE_CONFIG := {ROOT / 'ansible.cfg'}\n" in made.stdout


@pytest.fixture
def older(tmp_path: Path) -> Path:
    """A collections path with an amazon.aws of another version, and nothing else of it."""
    folder = tmp_path / "collections" / "ansible_collections" / "amazon" / "aws"
    folder.mkdir(parents=True)
    (installed,) = amazon.__path__
    for name in ("meta", "plugins"):
        shutil.copytree(Path(installed) / name, folder / name)
    manifest: dict[str, Any] = json.loads((Path(installed) / "MANIFEST.json").read_text())
    manifest["collection_info"]["version"] = "10.3.0"
    (folder / "MANIFEST.json").write_text(json.dumps(manifest))
    return tmp_path / "collections"


def test_an_older_collection_is_refused_before_anything_else(play: Play, older: Path) -> None:
    run = play("status.yml", env={"ANSIBLE_COLLECTIONS_PATH": f"{older}:{ROOT / 'collections'}"})
    (message,) = run.failures
    assert message.splitlines() == [
        "Refused to run with the collections that are installed",
        "Found: amazon.aws 10.3.0",
        "Reason: this collection needs amazon.aws >=11.0.0",
        "Remedy: install requirements.txt with pip, or run ansible-galaxy collection install --upgrade "
        "'amazon.aws:>=11.0.0'",
    ]
    assert run.calls == []
