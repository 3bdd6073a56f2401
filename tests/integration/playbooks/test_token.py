"""token.yml: a token for one person, of which neither the output nor the runner's artifacts have a part."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ansible
import jwt
import pytest

if TYPE_CHECKING:
    from conftest import Play

ROOT = Path(__file__).parents[3]
# AWX runs playbooks with ansible-runner, which is in this environment.
PYTHON = ROOT / ".cache" / "ansible-core-oldest" / "bin" / "python"
ENVELOPE = re.compile("-----BEGIN PKCS7-----[A-Za-z0-9+/=\\s]+-----END PKCS7-----")
RUNNER = """
import sys, json, ansible_runner
run = ansible_runner.run(
    private_data_dir=sys.argv[1], project_dir=sys.argv[2] + "/playbooks", playbook="token.yml",
    inventory=sys.argv[2] + "/inventories/local", extravars=json.loads(sys.argv[3]), verbosity=4, quiet=True,
)
print(run.status)
"""


@pytest.fixture
def given(tmp_path: Path) -> dict[str, Any]:
    """The extra variables, with the path of a certificate whose key is next to it."""
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=ada"]
    files = ["-keyout", "token.key", "-out", "token.pem"]
    subprocess.run([*command, *files], cwd=tmp_path, capture_output=True, check=True)
    return {
        "token_subject": "ada@example.com",
        "token_buckets": ["sales-data"],
        "token_certificate": str(tmp_path / "token.pem"),
    }


def opened(envelope: str, folder: Path) -> str:
    (folder / "token.cms").write_text(envelope)
    command = ["openssl", "cms", "-decrypt", "-inform", "PEM", "-in", "token.cms", "-inkey", "token.key"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout


def require_hidden(token: str, *texts: str) -> None:
    claims = jwt.decode(token, options={"verify_signature": False})
    assert (claims["sub"], claims["buckets"]) == ("ada@example.com", ["sales-data"])
    for text in texts:
        assert not [part for part in token.split(".") if part in text]


def test_the_page_has_the_token_for_its_owner_alone(play: Play, given: dict[str, Any], tmp_path: Path) -> None:
    run = play("token.yml", "-vvvv", env={"ANSIBLE_LOG_PATH": str(tmp_path / "log")}, **given)
    assert run.status == 0, run.failures
    (page,) = (result["text"] for result in run.results("Print the encrypted token"))
    first, second, third = page.splitlines()[:3]
    assert re.fullmatch(r"A token for ada@example\.com and sales-data, valid until \S+Z\.", first)
    assert second.startswith("Only the owner of the certificate CN=ada can read it (SHA-256 ")
    assert "openssl cms -decrypt -inform PEM -in token.cms -inkey token.key" in third
    (envelope,) = ENVELOPE.findall(page)
    token = opened(envelope, tmp_path)
    require_hidden(token, run.output, "".join(run.reported), (tmp_path / "log").read_text())
    assert run.writes == []


def test_the_text_of_a_certificate_does_too(play: Play, given: dict[str, Any], tmp_path: Path) -> None:
    """As a survey of AWX gives it."""
    text = (tmp_path / "token.pem").read_text()
    run = play("token.yml", **given | {"token_certificate": text, "token_hours": "0.5"})
    assert run.status == 0, run.failures
    (page,) = (result["text"] for result in run.results("Print the encrypted token"))
    assert opened(ENVELOPE.findall(page)[0], tmp_path)


def test_check_mode_makes_none(play: Play, given: dict[str, Any]) -> None:
    run = play("token.yml", "--check", **given)
    assert run.status == 0, run.failures
    (page,) = (result["text"] for result in run.results("Print the encrypted token"))
    assert page.startswith("A run would make a token for ada@example.com and sales-data.")
    assert not ENVELOPE.search(page)
    assert "GetSecretValue" not in [call.operation for call in run.calls]


def test_the_artifacts_of_the_runner_have_no_part_of_the_token(
    play: Play, given: dict[str, Any], tmp_path: Path
) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")} | {
        "PATH": f"{PYTHON.parent}:{os.environ['PATH']}",
        "ANSIBLE_CONFIG": f"{ROOT}/ansible.cfg",
        "ANSIBLE_COLLECTIONS_PATH": f"{ROOT}/collections:{Path(ansible.__file__).parents[1]}",
        "SANDBOX_HOME": str(play.home),
    }
    folder = tmp_path / "runner"
    folder.mkdir()
    command = [str(PYTHON), "-c", RUNNER, str(folder), str(ROOT), json.dumps(given)]
    done = subprocess.run(command, env=environment, text=True, capture_output=True, check=False)
    assert done.stdout.splitlines()[-1:] == ["successful"], done.stdout + done.stderr
    artifacts = [path.read_text(errors="replace") for path in folder.rglob("*") if path.is_file()]
    events = [json.loads(text) for text in artifacts if text.startswith("{") and "event_data" in text]
    pages = [event["event_data"]["res"]["text"] for event in events if "text" in event["event_data"].get("res", {})]
    envelope = next(found for page in pages for found in ENVELOPE.findall(page))
    require_hidden(opened(envelope, tmp_path), done.stdout, done.stderr, *artifacts)
    assert len(artifacts) > 10
