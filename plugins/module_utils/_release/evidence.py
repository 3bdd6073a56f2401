# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""The evidence of what runs: how it is read, compared and written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property

from .._core.calls import Stale
from .._core.clients import caller_identity
from .._core.plan import Current, Plan, Reading, plan_present, refuse_foreign
from .._core.problem import Problem
from .._core.reconciler import Reconciler, Run
from .._core.refusal import Refused
from .._core.shapes import KNOWN_AFTER_APPLY, Document
from .._core.tags import RELEASE_TAG
from .client import Store, tag_in_ecs
from .evidence_document import (
    COMPARED,
    OBSERVED,
    checks_of,
    comparable,
    ecs_tags,
    is_tagged,
    to_prune,
    to_text,
)
from .observation import what_runs


@dataclass(frozen=True)
class EvidenceReading(Reading):
    """What runs, the documents that are kept, and the tags of those that may be deleted."""

    running: Document = field(default_factory=dict)
    kept: Mapping[int, Document] = field(default_factory=dict)
    tags: Mapping[int, Mapping[str, str]] = field(default_factory=dict)

    @property
    def release(self) -> int:
        """The release that runs; 0 when none does."""
        return int(self.running.get("release") or 0)


@dataclass(frozen=True)
class EvidencePlan(Plan):
    """A plan with the releases whose documents are deleted."""

    pruned: tuple[int, ...] = ()


DEPLOY_AGAIN = "look at it with playbooks/status.yml, deploy again, then run playbooks/verify.yml"
EvidenceRun = Run[EvidenceReading, EvidencePlan]


class Evidence(Reconciler[EvidenceReading, EvidencePlan]):
    """state=present: of what runs now. state=absent: of one release, or of all of them."""

    kind = "evidence of"
    service = "ssm"
    result_key = "evidence"
    identifier = "deployment"
    # Not parameters: all of it is observed, but for the URL and the checks. `kept` are the releases with evidence,
    # `tagged` whether the task definition says the same.
    fields = (*COMPARED, "tagged", "kept")
    computed = ("time", "actor", "collection_version", "checks")

    @cached_property
    def store(self) -> Store:
        return Store(self.client(), self.name)

    def check_parameters(self) -> None:
        """Whether it can be kept depends on what runs."""

    # Reading

    def read(self, lost: Sequence[Stale]) -> EvidenceReading:
        kept = self.store.read()
        if self.params["state"] == "absent":
            asked = int(self.params["release"] or 0)
            gone = [release for release in kept if asked in (0, release)]
            current = Current({"kept": sorted(kept)}) if gone else None
            return EvidenceReading(current, {}, kept, self._tags(gone))
        running = what_runs(self.client, self.params["cluster"], self.params["service_name"])
        reading = EvidenceReading(self._current(running, kept), running, kept)
        return replace(reading, tags=self._tags(self._beyond(reading)))

    def _current(self, running: Document, kept: Mapping[int, Document]) -> Current | None:
        release = int(running.get("release") or 0)
        tags = self.store.tags(release) if release else None
        if tags is None:
            return None
        document = kept.get(release, {})
        tagged = bool(document) and is_tagged(running["task_definition_tags"], document)
        return Current(
            {**comparable(document), "tagged": tagged, "kept": sorted(kept)},
            {name: document.get(name) for name in self.computed},
            tags,
        )

    def _tags(self, releases: Sequence[int]) -> dict[int, Mapping[str, str]]:
        return {release: self.store.tags(release) or {} for release in releases}

    def _beyond(self, reading: EvidenceReading) -> list[int]:
        """The releases beyond the limit once the running one is recorded, of any owner."""
        return to_prune(_with_running(reading), self.params["keep"], reading.release)

    # Planning

    def plan(self, reading: EvidenceReading) -> EvidencePlan:
        if self.params["state"] == "absent":
            return self._plan_absent(reading)
        what = f"change the evidence {self.store.name(reading.release) if reading.release else self.store.folder}"
        refuse_foreign(what, reading.current, self.params["require_tags"])
        if self.module.check_mode and self._runs_something_else(reading.running):
            return self._plan_unknown(reading)
        self._refuse_unproven(reading.running)
        wanted = self._observed(reading.running)
        pruned = self._own(reading, self._beyond(reading))
        kept = sorted(_with_running(reading).keys() - set(pruned))
        tags = {**(self.wanted_tags() or {}), RELEASE_TAG: str(reading.release)}
        after = {**comparable(wanted), "tagged": True, "kept": kept}
        purge_tags = self.params["purge_tags"] and self.params["tags"] is not None
        plan = plan_present(wanted, after, reading.current, tags, purge_tags=purge_tags)
        return plan.extended(EvidencePlan, pruned=pruned)

    def _plan_absent(self, reading: EvidenceReading) -> EvidencePlan:
        if reading.current is None:
            return EvidencePlan("none", None)
        pruned = self._own(reading, sorted(reading.tags))
        if not pruned:
            return EvidencePlan("none", reading.current, after=reading.current.document)
        return EvidencePlan(action="delete", current=reading.current, pruned=pruned)

    def _own(self, reading: EvidenceReading, releases: Sequence[int]) -> tuple[int, ...]:
        required = self.params["require_tags"].items()
        return tuple(
            release
            for release in releases
            if all(reading.tags.get(release, {}).get(key) == value for key, value in required)
        )

    def _runs_something_else(self, running: Document) -> bool:
        """Whether what runs is not what the run before would have deployed."""
        asked = self.params["task_definition"]
        return not running if asked is None else running.get("task_definition_arn") != asked

    def _plan_unknown(self, reading: EvidenceReading) -> EvidencePlan:
        unknown = dict.fromkeys(OBSERVED, KNOWN_AFTER_APPLY)
        document = {"url": self.params["url"], **unknown, "checks": checks_of(self.params["checks"])}
        after = {**comparable(document), "tagged": True, "kept": [*sorted(reading.kept), KNOWN_AFTER_APPLY]}
        tags = {**(self.wanted_tags() or {}), RELEASE_TAG: KNOWN_AFTER_APPLY}
        return EvidencePlan("create", None, document, after, tags)

    def _refuse_unproven(self, running: Document) -> None:
        """Raise Refused with every reason why what runs cannot be called proven."""
        asked, service = self.params["task_definition"], self.params["service_name"]
        runs, state = running.get("task_definition_arn", ""), running.get("rollout_state")
        problems = []
        if not running:
            there = f"there is no active service {service} in cluster {self.params['cluster']}"
            problems.append(Problem(there, "evidence is of what runs", DEPLOY_AGAIN))
        elif asked not in (None, runs):
            found = f"{_short(runs)} runs, wanted is {_short(asked)}"
            problems.append(Problem(found, "somebody else deployed meanwhile", DEPLOY_AGAIN))
        elif foreign := self._foreign_tags(running):
            found = f"{_short(runs)} runs, which lacks {foreign}"
            problems.append(Problem(found, "somebody else deployed it", DEPLOY_AGAIN))
        if running and state not in ("COMPLETED", ""):
            found = f"the deployment of {_short(runs)} is {state}"
            wait = "wait until it is complete, then run playbooks/verify.yml"
            problems.append(Problem(found, "either release may have answered", wait))
        failed = [str(check["name"]) for check in self.params["checks"] if check.get("ok") is False]
        if failed:
            found = f"these checks did not hold: {', '.join(failed)}"
            problems.append(Problem(found, "a release is proven by checks that hold", DEPLOY_AGAIN))
        if not self.params["checks"]:
            verify = "run playbooks/verify.yml"
            problems.append(Problem("no check was made", "a release is proven by its checks", verify))
        if problems:
            raise Refused(f"keep evidence of {self.name}", *problems)

    def _foreign_tags(self, running: Document) -> str:
        tags = running["task_definition_tags"]
        return ", ".join(
            f"{key}={value}" for key, value in self.params["require_tags"].items() if tags.get(key) != value
        )

    def _observed(self, running: Document) -> Document:
        """The document of what runs; time and actor are written with it."""
        observed = {name: running[name] for name in OBSERVED}
        rule = {name: observed["rule"].get(name) for name in ("arn", "priority", "conditions")}
        return {
            "release": observed["release"],
            "time": KNOWN_AFTER_APPLY,
            "url": self.params["url"],
            **observed,
            "rule": rule,
            "checks": checks_of(self.params["checks"]),
            "actor": KNOWN_AFTER_APPLY,
            "collection_version": self.params["collection_version"],
        }

    def predict(self, plan: EvidencePlan) -> Document:
        if not _rewrites(plan):
            return {}
        known = {name: plan.wanted.get(name) for name in ("collection_version", "checks")}
        return {"time": KNOWN_AFTER_APPLY, "actor": KNOWN_AFTER_APPLY, **known}

    # Writing

    def apply(self, run: EvidenceRun) -> None:
        plan, release = run.plan, run.reading.release
        if plan.action == "create" or _rewrites(plan):
            document = self._signed(plan.wanted)
            if plan.action == "create":
                self.store.create(release, to_text(document), plan.tags_after)
            else:
                self.store.update(release, to_text(document))
            # Not the service: the tasks of the next release would start with its tags, and say that they are proven.
            tag_in_ecs(self.client("ecs"), run.reading.running["task_definition_arn"], ecs_tags(document))
        self.store.delete(plan.pruned)
        if plan.action == "update" and plan.set_tags:
            self.store.tag(release, plan.set_tags)
        if plan.action == "update" and plan.unset_tags:
            self.store.untag(release, plan.unset_tags)

    def _signed(self, document: Document) -> Document:
        time = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return {**document, "time": time, "actor": caller_identity(self.client("sts"))["Arn"]}

    def read_back(self, run: EvidenceRun) -> Current | None:
        running = what_runs(self.client, self.params["cluster"], self.params["service_name"])
        return self._current(running, self.store.read())

    def after_apply(self, run: EvidenceRun) -> Document:
        return {"pruned": list(run.plan.pruned) if run.plan.changed else []}


def _with_running(reading: EvidenceReading) -> dict[int, Document]:
    """The documents by release, with a place for what runs."""
    release = reading.release
    return {**reading.kept, release: {**reading.kept.get(release, {}), "release": release}}


def _rewrites(plan: EvidencePlan) -> bool:
    """Whether the document itself changes, and not only which others are kept."""
    return plan.action != "delete" and bool(plan.changes.keys() - {"kept"})


def _short(arn: str) -> str:
    return arn.rpartition("/")[2]
