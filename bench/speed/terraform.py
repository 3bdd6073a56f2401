"""The same resources by Terraform, where the program and its AWS provider are found."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from bench.speed import inventory, measure
from bench.speed.playbooks import Run
from bench.speed.sandbox import Sandbox
from tests import ecr_images

CONFIGURATION = Path(__file__).parents[1] / "terraform"
PROVIDER = "registry.terraform.io/hashicorp/aws"


def find_mirror() -> Path | None:
    """A folder of unpacked providers with AWS's for this machine in it: TF_PLUGIN_CACHE_DIR or a usual place."""
    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    wanted = f"{PROVIDER}/*/{platform.system().lower()}_{machine}/terraform-provider-aws*"
    return next((folder for folder in _mirrors() if any(folder.glob(wanted))), None)


def _mirrors() -> Iterator[Path]:
    """Terraform's own search path, and directories below /opt."""
    if named := os.environ.get("TF_PLUGIN_CACHE_DIR"):
        yield Path(named)
    home = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share")
    yield from (Path.home() / ".terraform.d/plugins", home / "terraform/plugins")
    yield from (Path("/usr/local/share/terraform/plugins"), Path("/usr/share/terraform/plugins"))
    yield from sorted(Path("/opt").glob("*/"))


def is_found() -> bool:
    """Whether Terraform can take part."""
    return shutil.which("terraform") is not None and find_mirror() is not None


def version() -> str:
    """The program's version, or why Terraform takes no part."""
    program = shutil.which("terraform")
    if program is None:
        return "terraform is not on PATH"
    if find_mirror() is None:
        return "Terraform's AWS provider was not found; name its folder of providers in TF_PLUGIN_CACHE_DIR"
    reported = subprocess.run(
        [program, "version"], env=measure.environment(), capture_output=True, text=True, check=True
    )
    return reported.stdout.splitlines()[0]


class Terraform:
    """Runs Terraform against an account, with one file of state for each state of the account."""

    def __init__(self, folder: Path, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.log = folder / "run.log"
        self._folder = folder
        for source in CONFIGURATION.glob("*.tf"):
            shutil.copy(source, folder)
        mirror = find_mirror()
        (folder / "cli.tfrc").write_text(
            f'provider_installation {{\n  filesystem_mirror {{\n    path = "{mirror}"\n  }}\n}}\n'
        )
        self._run("init", "-input=false")

    def build(self) -> None:
        """The image in its repository."""
        ecr = self.sandbox.platform("ecr")
        ecr.create_repository(repositoryName=inventory.REPOSITORY)
        ecr_images.push(ecr, inventory.REPOSITORY, "amd64", "bench")

    def plan(self, state: str) -> Run:
        """A plan from a state."""
        return self._run("plan", *self._options(state, wait=True))

    def apply(self, state: str, *, wait: bool) -> Run:
        """An apply from a state, which it changes; `wait`: until the service is stable."""
        return self._run("apply", "-auto-approve", *self._options(state, wait=wait))

    def forget(self, state: str) -> None:
        """Begin again with an empty state."""
        self._path(state).unlink(missing_ok=True)

    def _path(self, state: str) -> Path:
        return self._folder / f"{state}.tfstate"

    def _options(self, state: str, *, wait: bool) -> list[str]:
        variables = {"endpoint_url": self.sandbox.url, "wait_for_service": str(wait).lower()}
        given = [f"-var={name}={value}" for name, value in variables.items()]
        return ["-input=false", "-no-color", f"-state={self._path(state)}", *given]

    def _run(self, *arguments: str) -> Run:
        environment = measure.environment(
            HOME=str(self._folder), TF_CLI_CONFIG_FILE=str(self._folder / "cli.tfrc"), CHECKPOINT_DISABLE="1"
        )
        mark = self.sandbox.mark()
        usage = measure.run([shutil.which("terraform") or "terraform", *arguments], environment, self._folder, self.log)
        return Run(usage, self.sandbox.calls(mark))
