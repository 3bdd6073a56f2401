"""The sandbox's S3, the server on it, and quilt3 on it; each in a process or environment of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
from conftest import Running, environment, running

from quilt_mcp_server.config import load

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
BUCKETS = ("quilt-example", "quilt-data")


def _python(environment: Path) -> str:
    return str(environment / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python"))


@contextmanager
def _child(command: list[str], **more: Any) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **more) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


class Quilt3:
    """Asks quilt3."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def __call__(self, do: str, *, fails: bool = False, **question: Any) -> dict[str, Any]:
        """The answer; `answer.py` has the questions. What quilt3 raises is under `error`, and must be asked for."""
        assert self._process.stdin is not None and self._process.stdout is not None
        question = {"registry": "s3://quilt-example"} | question
        self._process.stdin.write(json.dumps({"do": do} | question) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        assert ("error" in answer) is fails, answer
        return answer


@pytest.fixture(scope="package")
def plane() -> Iterator[str]:
    """The URL of the sandbox's AWS."""
    python = _python(ROOT / ".venv")
    if not Path(python).exists():
        pytest.skip("needs the sandbox's environment; `make test` makes it")
    with _child([python, str(HERE / "plane.py")], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert url, "the sandbox did not start"
        yield url


@pytest.fixture(scope="package")
def quilt3(plane: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Quilt3]:
    """quilt3 of its own environment, with a home of its own."""
    python = _python(ROOT / "server/.cache/oracle")
    if not Path(python).exists():
        pytest.skip("needs quilt3; `make server/.cache/oracle/.done` in the repository's root installs it")
    home = str(tmp_path_factory.mktemp("home"))
    env = {
        "AWS_ENDPOINT_URL": plane,
        "AWS_ACCESS_KEY_ID": "quilt3",
        "AWS_SECRET_ACCESS_KEY": "quilt3",
        "AWS_DEFAULT_REGION": "us-east-1",
        "HOME": home,
        "XDG_DATA_HOME": home,
        "XDG_CACHE_HOME": home,
        "QUILT_DISABLE_USAGE_METRICS": "true",
        "QUILT_DISABLE_CACHE": "true",
        "QUILT_MINIMIZE_STDOUT": "true",
        "NO_PROXY": "127.0.0.1",
        "PATH": os.environ["PATH"],
    }
    with _child([python, str(HERE / "answer.py")], env=env) as process:
        yield Quilt3(process)


@pytest.fixture(scope="package")
def s3(plane: str) -> Any:
    """boto3 on the sandbox, with two buckets whose objects have versions."""
    client = boto3.client("s3", endpoint_url=plane, region_name="us-east-1")
    for bucket in BUCKETS:
        client.create_bucket(Bucket=bucket)
        client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    return client


@pytest.fixture(scope="package")
def server(plane: str, s3: Any) -> Iterator[Running]:
    """The server on the sandbox; the token names both buckets."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", plane)
        with running(load(environment(AWS_ENDPOINT_URL=plane))) as found:
            yield found
