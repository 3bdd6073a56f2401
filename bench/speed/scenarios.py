"""What is run: by whom, and from which state of its account."""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from bench.speed import collection, resources, sandbox, terraform
from bench.speed.playbooks import Playbooks, Run
from bench.speed.terraform import Terraform
from sandbox.account import Account

COMMIT = "8c6dfb0"
DELAY = 0.06
FLEET = 5
BUILT, DEPLOYED = "built", "deployed"


def say(text: str) -> None:
    """Show the progress, in addition to the tables."""
    print(text, file=sys.stderr, flush=True)


class Contenders:
    """Who takes part: each is prepared when it is first asked for, with an account of its own."""

    def __init__(self, folder: Path, parts: ExitStack) -> None:
        self._folder = folder
        self._parts = parts
        self.made: dict[str, Counter[str]] = {}

    @cached_property
    def before(self) -> Path | None:
        """A clone at the earlier commit, where this clone has it."""
        return collection.clone(COMMIT, self._folder / "clone")

    @cached_property
    def current(self) -> Playbooks:
        """The collection of this clone as it is, with what is not committed."""
        return self._deployed("current", collection.ROOT, self._collections)

    @cached_property
    def earlier(self) -> Playbooks:
        """The collection of the earlier commit."""
        assert self.before
        folder = self._new("artifact-before")
        return self._deployed(COMMIT, self.before, collection.install(self.before, folder))

    @cached_property
    def fleet(self) -> Playbooks:
        """The collection of this clone with several deployments in one stack, made one after the other."""
        say(f"Preparing {FLEET} hosts")
        playbooks = Playbooks(collection.ROOT, self._collections, self._new("fleet"), self._account(), FLEET)
        playbooks.build()
        for host in playbooks.hosts:
            playbooks.deploy("--limit", host)
        return self._settled(playbooks)

    @cached_property
    def terraform(self) -> Terraform:
        """Terraform, where it is found."""
        say("Preparing Terraform")
        found = Terraform(self._new("terraform"), self._account())
        found.build()
        self._note("Terraform", found.sandbox, lambda: found.apply(DEPLOYED, wait=True))
        return found

    @cached_property
    def _collections(self) -> Path:
        return collection.install(collection.ROOT, self._new("artifact"))

    def _deployed(self, name: str, clone: Path, collections: Path) -> Playbooks:
        say(f"Preparing {name}")
        playbooks = Playbooks(clone, collections, self._new(name), self._account())
        playbooks.build()
        self._note(name, playbooks.sandbox, playbooks.deploy)
        return self._settled(playbooks)

    def _settled(self, playbooks: Playbooks) -> Playbooks:
        """The deployment after a run that changed nothing."""
        playbooks.deploy()
        playbooks.sandbox.save(DEPLOYED)
        return playbooks

    def _note(self, name: str, account: sandbox.Sandbox, deploy: Callable[[], object]) -> None:
        """Deploy for the first time, between the two states, and note what that made."""
        account.save(BUILT)
        found = account.resources()
        deploy()
        self.made[name] = resources.made(found, account.resources())
        account.save(DEPLOYED)

    def _account(self) -> sandbox.Sandbox:
        account = self._parts.enter_context(sandbox.running())
        Account(account.platform).foreign()  # the others' services settle at the first look
        return account

    def _new(self, name: str) -> Path:
        folder = self._folder / name
        folder.mkdir()
        return folder


@dataclass(frozen=True)
class Scenario:
    """Something that is measured.

    Attributes:
        name: As `--only` and the table have it.
        account: The account in which it is run.
        run: Run it.
        state: The state of the account from which it starts.
        delay: Seconds that are added to each call.
        writes: Whether it has to write; what has nothing to change must not.
        once: Whether one measurement is enough.
    """

    name: str
    account: Callable[[], sandbox.Sandbox]
    run: Callable[[], Run]
    state: str = DEPLOYED
    delay: float = 0.0
    writes: bool = False
    once: bool = False

    def measure(self) -> Run:
        """Run it once; ends the program when it did something else than it should."""
        account = self.account()
        account.restore(self.state)
        account.delay(self.delay)
        try:
            run = self.run()
        finally:
            account.delay(0)
        written = [call.name for call in run.calls if call.write]
        if bool(written) != self.writes:
            raise SystemExit(f"{self.name} wrote {', '.join(written) or 'nothing'}, so that its figure means nothing.")
        return run


def of_playbooks(prefix: str, who: Callable[[], Playbooks], once: bool) -> Iterator[Scenario]:
    """The scenarios of one collection."""

    def account() -> sandbox.Sandbox:
        return who().sandbox

    yield Scenario(f"{prefix}noop", account, lambda: who().deploy())
    yield Scenario(f"{prefix}plan", account, lambda: who().deploy("--check", "--diff"), once=once)
    yield Scenario(f"{prefix}noop-60ms", account, lambda: who().deploy(), delay=DELAY, once=once)
    yield Scenario(f"{prefix}first", account, lambda: who().deploy(), BUILT, writes=True, once=once)


def of_terraform(who: Callable[[], Terraform]) -> Iterator[Scenario]:
    """The scenarios of Terraform."""

    def account() -> sandbox.Sandbox:
        return who().sandbox

    def first(wait: bool) -> Run:
        who().forget("first")
        return who().apply("first", wait=wait)

    yield Scenario("terraform-noop", account, lambda: who().apply(DEPLOYED, wait=True))
    yield Scenario("terraform-plan", account, lambda: who().plan(DEPLOYED))
    yield Scenario("terraform-noop-60ms", account, lambda: who().apply(DEPLOYED, wait=True), delay=DELAY)
    yield Scenario("terraform-first", account, lambda: first(False), BUILT, writes=True)
    yield Scenario("terraform-first-wait", account, lambda: first(True), BUILT, writes=True)


def every(who: Contenders) -> list[Scenario]:
    """All scenarios, in the order of a round."""
    return [
        Scenario("empty", lambda: who.current.sandbox, lambda: who.current.empty()),
        *of_playbooks("", lambda: who.current, once=False),
        *of_terraform(lambda: who.terraform),
        *of_playbooks("before-", lambda: who.earlier, once=True),
        Scenario("five-hosts", lambda: who.fleet.sandbox, lambda: who.fleet.deploy()),
    ]


def left_out(who: Contenders) -> dict[str, str]:
    """Prefixes of scenarios that cannot take part here, each with the reason."""
    found = {}
    if not terraform.is_found():
        found["terraform-"] = terraform.version()
    if who.before is None:
        found["before-"] = f"this clone does not have the commit {COMMIT}"
    return found


@contextmanager
def contenders() -> Iterator[Contenders]:
    """The contenders, with everything gone at the end."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, ExitStack() as parts:
        yield Contenders(Path(folder), parts)
